/** One HTTP call to one of the two services. */

import { ApiError, errorOf, networkError, type Service } from "./errors.js";

export interface Call {
  method?: string | undefined;
  headers?: Headers | undefined;
  body?: BodyInit | null | undefined;
  signal?: AbortSignal | null | undefined;
  /** For documents that any origin may read: browsers reject such an answer to a call with credentials. */
  withoutCookie?: boolean;
}

/** Longer than the services take for any call: both give up after 10 s. */
const TIMEOUT_MS = 15_000;

export class Http {
  readonly #bases: Record<Service, string>;

  constructor(authUrl: string, usersUrl: string, private readonly onResult: (service: Service, error?: ApiError) => void) {
    this.#bases = { auth: base(authUrl), users: base(usersUrl) };
  }

  /** The URL of a path of the API, and the service that answers it. */
  resolve(path: string): { url: string; service: Service } {
    // A token must never go to another host, so only paths are taken: `//host` and `\` would name one.
    if (!/^\/(?![/\\])/.test(path)) throw new TypeError("fetch takes a path that begins with one slash");
    const service = /^\/(api\/auth|api\/admin|oauth2|\.well-known)(\/|$)/.test(path) ? "auth" : "users";
    return { url: this.#bases[service] + path, service };
  }

  /** Sends once. Resolves to an answer below 400, rejects with [`ApiError`] otherwise. */
  async send(path: string, call: Call): Promise<Response> {
    const { url, service } = this.resolve(path);
    const { signal, done, isLate } = withTimeout(call.signal);
    let response: Response;
    try {
      response = await globalThis.fetch(url, {
        ...(call.method === undefined ? {} : { method: call.method }),
        ...(call.headers === undefined ? {} : { headers: call.headers }),
        ...(call.body === undefined ? {} : { body: call.body }),
        signal,
        // Only auth-service gets the refresh cookie.
        credentials: service === "auth" && !call.withoutCookie ? "include" : "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
    } catch {
      if (call.signal?.aborted) throw call.signal.reason;
      const error = networkError(service, isLate() ? "timeout" : "network");
      this.onResult(service, error);
      throw error;
    } finally {
      done();
    }
    if (response.ok) {
      this.onResult(service);
      return response;
    }
    const error = await errorOf(response, service);
    this.onResult(service, error);
    throw error;
  }
}

/** A signal that aborts with the caller's or after the time-out. (`AbortSignal.any` is too new for some browsers.) */
function withTimeout(outer: AbortSignal | null | undefined) {
  const controller = new AbortController();
  let late = false;
  const timer = setTimeout(() => { late = true; controller.abort(); }, TIMEOUT_MS);
  const abort = () => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort);
  const done = () => { clearTimeout(timer); outer?.removeEventListener("abort", abort); };
  return { signal: controller.signal, done, isLate: () => late };
}

function base(url: string): string {
  const parsed = new URL(url);
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") throw new TypeError(`${url} is not http or https`);
  return parsed.origin + parsed.pathname.replace(/\/+$/, "");
}
