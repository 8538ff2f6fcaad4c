/** The error that a call throws when it fails. */

/** The stable codes of both services, and those that this client adds: `network`, `timeout`, `cancelled`, `unexpected`. */
export type ErrorCode =
  | "authorization_header" | "csrf_failed" | "email_unverified" | "fresh_token_required" | "insufficient_scope"
  | "internal" | "invalid_credentials" | "invalid_request" | "invalid_token" | "keys_unavailable"
  | "last_administrator" | "link_invalid" | "method_not_allowed" | "mfa_required" | "not_found" | "overloaded"
  | "payload_too_large" | "precondition_failed" | "rate_limited" | "registration_closed" | "request_timeout"
  | "token_expired" | "token_revoked" | "token_stale" | "unavailable" | "unsupported_media_type" | "user_disabled"
  | "user_exists" | "user_not_found" | "user_required"
  | "network" | "timeout" | "cancelled" | "unexpected";

/** Which of the two services was called. */
export type Service = "auth" | "users";

/** What a log-in needs for its second step, the second factor. */
export interface MfaChallenge {
  mfaToken: string;
  methods: string[];
  /** Seconds. */
  expiresIn: number;
}

interface ErrorParts {
  code: ErrorCode;
  status: number;
  detail: string;
  service: Service;
  fields?: Record<string, string[]> | undefined;
  retryAfter?: number | undefined;
  requestId?: string | undefined;
  mfa?: MfaChallenge | undefined;
}

/** A call that was refused (`status` 400 and above) or had no answer (`status` 0). Switch on `code`. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** A sentence for people, in English. */
  readonly detail: string;
  readonly service: Service;
  /** Only of `invalid_request`: what is wrong, by field. */
  readonly fields: Readonly<Record<string, string[]>>;
  /** Seconds to wait before the next try, if the service said so. */
  readonly retryAfter: number | undefined;
  /** The id of the call in the service's log. */
  readonly requestId: string | undefined;
  /** Only of `mfa_required`. Not enumerable, so that a logged error shows no token. */
  declare readonly mfa: MfaChallenge | undefined;

  constructor(parts: ErrorParts) {
    super(`${parts.code}: ${parts.detail}`);
    this.name = "ApiError";
    this.code = parts.code;
    this.status = parts.status;
    this.detail = parts.detail;
    this.service = parts.service;
    this.fields = parts.fields ?? {};
    this.retryAfter = parts.retryAfter;
    this.requestId = parts.requestId;
    Object.defineProperty(this, "mfa", { value: parts.mfa, enumerable: false });
  }

  /** Whether no answer of the service itself came. An answer 503 `unavailable` is one. */
  get isUnreachable(): boolean {
    return this.status === 0 ? this.code !== "cancelled" : this.status === 502 || this.status === 504;
  }
}

const UNREACHABLE = { auth: "auth-service cannot be reached", users: "users-api cannot be reached" };

export function networkError(service: Service, code: "network" | "timeout" = "network"): ApiError {
  return new ApiError({ code, status: 0, detail: UNREACHABLE[service], service });
}

/** The error in a response. A body that is not the services' own, such as a proxy's page, is `unexpected`. */
export async function errorOf(response: Response, service: Service): Promise<ApiError> {
  const body = await response.json().catch(() => undefined) as Record<string, unknown> | undefined;
  const known = typeof body?.["error"] === "string";
  return new ApiError({
    code: known ? body["error"] as ErrorCode : "unexpected",
    status: response.status,
    detail: known && typeof body["detail"] === "string" ? body["detail"] : `The answer was ${response.status}`,
    service,
    fields: known ? body["fields"] as Record<string, string[]> | undefined : undefined,
    retryAfter: seconds(response.headers.get("retry-after")),
    requestId: response.headers.get("x-request-id") ?? undefined,
    mfa: known && body["error"] === "mfa_required" ? challenge(body) : undefined,
  });
}

function challenge(body: Record<string, unknown>): MfaChallenge {
  const methods = Array.isArray(body["methods"]) ? body["methods"].map(String) : [];
  return { mfaToken: String(body["mfa_token"]), methods, expiresIn: Number(body["expires_in"] ?? 300) };
}

/** `Retry-After` is whole seconds or a date (RFC 9110 §10.2.3). */
function seconds(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}
