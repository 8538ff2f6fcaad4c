/**
 * Refreshes by the cookie, one call at a time in a tab. Tabs need no lock: the server gives parallel refreshes, and
 * a repeat after a lost answer, the same successor.
 */

import { ApiError } from "./errors.js";
import type { Http } from "./http.js";
import type { SessionStore } from "./session-store.js";
import { sleep } from "./sleep.js";
import { sessionOf, type TokenAnswer } from "./session.js";

/** Pauses before a refresh without an answer is tried again: all within the server's grace period of 10 s. */
const PAUSES_MS = [250, 1000, 2500];

/** The longest `Retry-After` that a call waits for. With a longer one the call fails. */
const LONGEST_WAIT_MS = 5000;

export class Refresher {
  #running: Promise<void> | undefined;
  /** Before this time the server wants no further refresh. */
  #notBefore = 0;
  #retryLaterError: ApiError | undefined;

  constructor(private readonly http: Http, private readonly sessionStore: SessionStore) {}

  /**
   * Gets a new access token. Resolves when there is one, or when it is certain that there is no session (then the
   * session store has none). Rejects if auth-service does not say either.
   */
  refresh(): Promise<void> {
    this.#running ??= this.#refreshWithRetries().finally(() => { this.#running = undefined; });
    return this.#running;
  }

  /** Calls with the CSRF token; fetches it if needed. If the server rejects the token, it fetches a new one once. */
  async withCsrf<T>(call: (csrf: string) => Promise<T>): Promise<T> {
    for (let again = false; ; again = true) {
      const csrf = this.sessionStore.csrfToken ?? await this.#fetchCsrf();
      try {
        return await call(csrf);
      } catch (error) {
        if (again || !(error instanceof ApiError) || error.code !== "csrf_failed") throw error;
        this.sessionStore.csrfToken = undefined;
      }
    }
  }

  async #refreshWithRetries(): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      await this.#awaitTurn();
      const epoch = this.sessionStore.epoch;
      try {
        const answer = await this.withCsrf((csrf) => this.#send(csrf));
        // If the person logged in or out in the meantime, this answer is out of date.
        if (epoch === this.sessionStore.epoch) {
          this.sessionStore.adopt(sessionOf(answer, this.sessionStore.session?.since ?? 0));
        }
        return;
      } catch (error) {
        if (epoch !== this.sessionStore.epoch) return;
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 401) {
          this.sessionStore.end(this.sessionStore.session ? "ended" : undefined);
          return;
        }
        const pause = this.#pauseAfter(error, attempt);
        if (pause === undefined) throw error;
        await sleep(pause);
      }
    }
  }

  async #send(csrf: string): Promise<TokenAnswer> {
    const headers = new Headers({ "x-csrf-token": csrf });
    const response = await this.http.send("/api/auth/refresh", { method: "POST", headers });
    return await response.json() as TokenAnswer;
  }

  async #fetchCsrf(): Promise<string> {
    const response = await this.http.send("/api/auth/csrf", {});
    const { csrf_token } = await response.json() as { csrf_token: string };
    this.sessionStore.csrfToken = csrf_token;
    return csrf_token;
  }

  /** Milliseconds until the next try; undefined if a further try makes no sense now. */
  #pauseAfter(error: ApiError, attempt: number): number | undefined {
    const isTemporary = error.status === 0 || error.status === 429 || error.status >= 500;
    const pause = PAUSES_MS[attempt];
    if (error.retryAfter !== undefined && isTemporary) {
      this.#notBefore = Date.now() + error.retryAfter * 1000;
      this.#retryLaterError = error;
      return error.retryAfter * 1000 <= LONGEST_WAIT_MS && pause !== undefined ? 0 : undefined;
    }
    return isTemporary ? pause : undefined;
  }

  async #awaitTurn(): Promise<void> {
    const wait = this.#notBefore - Date.now();
    if (wait <= 0 || !this.#retryLaterError) return;
    // A clock that was set back must not stop refreshes for long.
    const asked = (this.#retryLaterError.retryAfter ?? 0) * 1000;
    if (Math.min(wait, asked) > LONGEST_WAIT_MS) throw this.#retryLaterError;
    await sleep(Math.min(wait, asked));
  }
}
