/** `fetch` with the access token: one repeat after a refresh, and one after each step-up. */

import { ApiError } from "./errors.js";
import type { Http } from "./http.js";
import type { SessionStore } from "./session-store.js";
import { sleep } from "./sleep.js";
import type { Refresher } from "./refresher.js";

/** What a step-up handler gets. */
export interface StepUp {
  /** Why the last try was refused: a wrong password, a missing code, too many tries (`retryAfter`). */
  error: ApiError | undefined;
}

/** Resolves to what the person typed, or to `null` if they cancel. */
export type StepUpHandler = (stepUp: StepUp) => Promise<{ password: string; code?: string } | null>;

export interface RequestOptions extends Omit<RequestInit, "credentials" | "mode" | "redirect" | "cache"> {
  /** Sent as JSON. */
  json?: unknown;
  /** The password, if the form asked for it: used for the step-up instead of the handler. */
  password?: string;
}

/** A read waits for a `Retry-After` once, and at most this long. The caller may repeat all other calls. */
const LONGEST_WAIT_S = 5;

/** Errors after which a refresh may help. */
const REFRESHABLE = new Set(["token_expired", "token_stale", "token_revoked", "invalid_token"]);

/** Errors that the person can correct in the step-up form. */
const CORRECTABLE = new Set(["invalid_credentials", "mfa_required", "invalid_request", "rate_limited", "overloaded"]);

export class Requests {
  #steppingUp: Promise<void> | undefined;

  constructor(
    private readonly http: Http,
    private readonly sessionStore: SessionStore,
    private readonly refresher: Refresher,
    private readonly onStepUp: StepUpHandler | undefined,
  ) {}

  async fetch(path: string, options: RequestOptions): Promise<Response> {
    const { json, password, ...call } = options;
    const headers = new Headers(call.headers);
    if (json !== undefined) headers.set("content-type", "application/json");
    const body = json === undefined ? call.body : JSON.stringify(json);
    await this.#renewIfExpired();
    let token = this.#firstToken(path);
    let isRefreshed = false;
    let isSteppedUp = false;
    let hasWaited = !["GET", "HEAD"].includes((call.method ?? "GET").toUpperCase());
    for (;;) {
      if (token === undefined) headers.delete("authorization");
      else headers.set("authorization", `Bearer ${token}`);
      try {
        return await this.http.send(path, { method: call.method, signal: call.signal, headers, body });
      } catch (error) {
        // The body of a stream cannot be sent twice.
        if (!(error instanceof ApiError) || body instanceof ReadableStream) throw error;
        if ((error.retryAfter ?? Infinity) <= LONGEST_WAIT_S && !hasWaited) {
          hasWaited = true;
          await sleep(1000 * (error.retryAfter ?? 0));
          continue;
        }
        if (token === undefined) throw error;
        const isRefreshable = REFRESHABLE.has(error.code);
        // A fresh token that was kept may be older than the session's own, which is tried before a refresh.
        const wasKept = isRefreshable && this.sessionStore.forgetFresh(token)
          && token !== this.sessionStore.session?.accessToken;
        if (wasKept || (isRefreshable && !isRefreshed)) {
          isRefreshed ||= !wasKept;
          token = await this.#newerThan(token, error);
        } else if (error.code === "fresh_token_required" && !isSteppedUp) {
          const kept = this.sessionStore.freshToken();
          if (kept !== undefined && kept !== token) {
            token = kept;
            continue;
          }
          isSteppedUp = true;
          await this.#stepUp(error, password);
          token = this.sessionStore.freshToken();
        } else {
          throw error;
        }
      }
    }
  }

  async reauthenticate(proof: { password: string; code?: string }): Promise<void> {
    const response = await this.fetch("/api/auth/reauthenticate", { method: "POST", json: proof });
    const answer = await response.json() as { access_token: string; expires_in: number; scope: string };
    this.sessionStore.adoptFresh(answer.access_token, answer.expires_in, answer.scope);
  }

  /** Administration needs a fresh token, and each call that is refused for want of one writes an audit entry. */
  #firstToken(path: string): string | undefined {
    const fresh = /^\/api\/admin\//.test(path) ? this.sessionStore.freshToken() : undefined;
    return this.sessionStore.session && (fresh ?? this.sessionStore.session.accessToken);
  }

  /** A token that is known to have expired, as after sleep, is not sent. */
  async #renewIfExpired(): Promise<void> {
    const { session } = this.sessionStore;
    if (!session || Date.now() < session.expiresAt) return;
    // If auth-service cannot be reached, the service that is called decides whether it still accepts the old token.
    await this.refresher.refresh().catch(() => undefined);
  }

  /** The token with which to repeat a rejected call: one that came in the meantime, or a new one. */
  async #newerThan(sent: string, cause: ApiError): Promise<string> {
    const held = this.sessionStore.session?.accessToken;
    // Signed out while the call was on its way: a refresh would only find that there is no session, and forget why.
    if (held === undefined) throw cause;
    if (held === sent) await this.refresher.refresh();
    const { session } = this.sessionStore;
    if (!session) throw cause;
    return session.accessToken;
  }

  /** Calls that need a step-up at the same time share one question to the person. */
  #stepUp(cause: ApiError, password: string | undefined): Promise<void> {
    if (password !== undefined) return this.reauthenticate({ password });
    this.#steppingUp ??= this.#ask(cause).finally(() => { this.#steppingUp = undefined; });
    return this.#steppingUp;
  }

  async #ask(cause: ApiError): Promise<void> {
    if (!this.onStepUp) throw cause;
    for (let error: ApiError | undefined; ;) {
      const proof = await this.onStepUp({ error });
      if (proof === null) {
        const { service, status } = cause;
        throw new ApiError({ code: "cancelled", status: 0, detail: `Cancelled after ${status}`, service });
      }
      try {
        return await this.reauthenticate(proof);
      } catch (caught) {
        if (!(caught instanceof ApiError) || !(CORRECTABLE.has(caught.code) || caught.isUnreachable)) throw caught;
        error = caught;
      }
    }
  }
}
