/** The client: what an application calls. */

import { ApiError, type MfaChallenge } from "./errors.js";
import { Http } from "./http.js";
import { Refresher } from "./refresher.js";
import { Requests, type RequestOptions, type StepUpHandler } from "./requests.js";
import { Scheduler } from "./scheduler.js";
import { SessionStore } from "./session-store.js";
import { sessionOf, type TokenAnswer } from "./session.js";
import { StateStore, type ClientState } from "./state.js";
import type { Schemas } from "./types.js";

export interface ClientOptions {
  /** Where auth-service is. On the same site as the page, or the browser sends no cookie. */
  authUrl: string;
  /** Where users-api is. */
  usersUrl: string;
  /** Asks the person for the password again, when a call needs that. */
  onStepUp?: StepUpHandler;
  /**
   * Milliseconds between checks whether the session was ended elsewhere, while the page is visible. Each is one call to
   * users-api, which needs no database. 0, the default, turns them off: then the next call finds out.
   */
  checkEvery?: number;
}

export interface NewAccount {
  username: string;
  email: string;
  password: string;
  /** The language of mails, such as `en`; the browser's where it is absent. */
  locale?: string;
  /** From the link of an invitation. */
  invite_token?: string;
}
export type Login = ({ username: string } | { email: string }) & { password: string };
export type SecondFactor = { code: string } | { recoveryCode: string } | { credential: unknown };

export class Client {
  readonly #store = new StateStore();
  readonly #sessionStore: SessionStore;
  readonly #http: Http;
  readonly #refresher: Refresher;
  readonly #requests: Requests;
  readonly #scheduler: Scheduler;

  constructor(options: ClientOptions) {
    const { authUrl, usersUrl, onStepUp, checkEvery = 0 } = options;
    this.#http = new Http(authUrl, usersUrl, (service, error) => {
      const isUnreachable = error?.isUnreachable ?? false;
      const { unreachable } = this.#store.state;
      if (unreachable[service] === isUnreachable) return;
      this.#store.set({ unreachable: { ...unreachable, [service]: isUnreachable } });
      this.#scheduler.plan();
    });
    this.#sessionStore = new SessionStore(this.#store, authUrl);
    this.#refresher = new Refresher(this.#http, this.#sessionStore);
    this.#requests = new Requests(this.#http, this.#sessionStore, this.#refresher, onStepUp);
    this.#scheduler = new Scheduler(this.#sessionStore, {
      refresh: () => this.#restore(),
      checkSession: async () => void await this.fetch("/api/whoami"),
      probe: () => this.#probe(),
      isUnknown: () => ["starting", "unreachable"].includes(this.state.status),
      isServiceUnreachable: () => this.state.unreachable.auth || this.state.unreachable.users,
    }, checkEvery);
    this.#sessionStore.changed = () => this.#scheduler.plan();
    this.#sessionStore.ask();
    this.#scheduler.plan();
    this.#scheduler.run();
  }

  /** What to show now. */
  get state(): Readonly<ClientState> {
    return this.#store.state;
  }

  /** Calls the listener at each change, until the function that is returned is called. */
  onChange(listener: (state: Readonly<ClientState>) => void): () => void {
    return this.#store.listen(listener);
  }

  /** Resolves when it is known whether a user is signed in. */
  ready(): Promise<Readonly<ClientState>> {
    return new Promise((resolve) => {
      const isKnown = () => ["signed_in", "signed_out"].includes(this.state.status);
      if (isKnown()) return resolve(this.state);
      const stop = this.onChange((state) => {
        if (isKnown()) { stop(); resolve(state); }
      });
    });
  }

  /** Resolves to `undefined` if the service names the user only after the link in a mail has proven the address. */
  async register(account: NewAccount): Promise<Schemas["Registered"] | undefined> {
    const answer = await this.#post("/api/auth/register", account) as Partial<Schemas["Registered"]>;
    return answer.user && answer as Schemas["Registered"];
  }

  /** Rejects with `mfa_required` if the account has a second factor: then call `completeMfa` with the error's `mfa`. */
  async login(login: Login): Promise<void> {
    await this.#signIn("/api/auth/login", { ...login, cookie: true });
  }

  async completeMfa(challenge: Pick<MfaChallenge, "mfaToken">, factor: SecondFactor): Promise<void> {
    const { recoveryCode, ...other } = factor as { recoveryCode?: string };
    const proof = recoveryCode === undefined ? other : { recovery_code: recoveryCode };
    await this.#signIn("/api/auth/login/mfa", { mfa_token: challenge.mfaToken, ...proof });
  }

  /** Gets a new access token now. Rarely needed: `fetch` does it when a call needs it. */
  refresh(): Promise<void> {
    return this.#refresher.refresh();
  }

  /** Proves the password again. Calls that need a fresh token go through for some minutes. */
  reauthenticate(proof: { password: string; code?: string }): Promise<void> {
    return this.#requests.reauthenticate(proof);
  }

  /** Ends this session, in every tab. Rejects if auth-service cannot be reached: then the person is still signed in. */
  async logout(): Promise<void> {
    const { accessToken, expiresAt, sessionId } = this.#sessionStore.session ?? {};
    try {
      if (accessToken !== undefined && Date.now() < (expiresAt ?? 0)) {
        const headers = new Headers({ authorization: `Bearer ${accessToken}` });
        await this.#http.send("/api/auth/logout", { method: "POST", headers });
      } else {
        await this.#logoutByCookie();
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      // The token is too old, or the cookie is gone. The cookie's session must not outlive the click.
      if (accessToken !== undefined) await this.#logoutByCookie().catch(ignore401);
    }
    this.#sessionStore.end("signed_out", sessionId);
  }

  /** Ends every session of the person. */
  async logoutEverywhere(): Promise<void> {
    const sessionId = this.#sessionStore.session?.sessionId;
    await this.fetch("/api/auth/logout-all", { method: "POST" });
    this.#sessionStore.end("signed_out", sessionId);
  }

  /** Sets a new password. Every session ends, and a new one takes this one's place. */
  async changePassword(current: string, next: string): Promise<void> {
    const json = { current_password: current, new_password: next };
    const response = await this.fetch("/api/auth/password", { method: "PUT", json, password: current });
    this.#sessionStore.adopt(sessionOf(await response.json() as TokenAnswer, Date.now()), true);
  }

  /** Deletes the account. */
  async deleteAccount(password?: string): Promise<void> {
    const sessionId = this.#sessionStore.session?.sessionId;
    await this.fetch("/api/auth/me", { method: "DELETE", ...(password === undefined ? {} : { password }) });
    this.#sessionStore.end("deleted", sessionId);
  }

  /**
   * As the browser's `fetch`, with the access token. Takes a path: `/api/auth/…` and `/api/admin/…` go to
   * auth-service, others to users-api. Rejects with [`ApiError`] when the call is refused.
   */
  fetch(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.#requests.fetch(path, options);
  }

  /** The same, for the answer's JSON. */
  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return await (await this.fetch(path, options)).json() as T;
  }

  /** Stops timers and listeners. The session lives on. */
  close(): void {
    this.#scheduler.stop();
    this.#sessionStore.close();
  }

  async #restore(): Promise<void> {
    try {
      await this.#refresher.refresh();
    } catch (error) {
      if (this.state.status === "starting") this.#store.set({ status: "unreachable" });
      throw error;
    }
  }

  async #signIn(path: string, body: object): Promise<void> {
    const answer = await this.#post(path, body) as TokenAnswer;
    this.#sessionStore.adopt(sessionOf(answer, Date.now()), true);
  }

  async #post(path: string, body: object): Promise<unknown> {
    const headers = new Headers({ "content-type": "application/json" });
    const response = await this.#http.send(path, { method: "POST", headers, body: JSON.stringify(body) });
    return response.json();
  }

  #logoutByCookie(): Promise<unknown> {
    return this.#refresher.withCsrf((csrf) => {
      const headers = new Headers({ "x-csrf-token": csrf });
      return this.#http.send("/api/auth/logout", { method: "POST", headers });
    });
  }

  async #probe(): Promise<void> {
    const { unreachable } = this.state;
    const calls = [
      unreachable.auth ? this.#http.send("/.well-known/jwks.json", { withoutCookie: true }) : undefined,
      unreachable.users ? this.#http.send("/api/whoami", {}) : undefined,
    ];
    await Promise.allSettled(calls);
  }
}

/** Starts a client for the two services. It finds out by itself whether a user is signed in: see `state`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

function ignore401(error: unknown): void {
  if (!(error instanceof ApiError) || error.status !== 401) throw error;
}
