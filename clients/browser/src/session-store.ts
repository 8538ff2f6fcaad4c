/** Stores the session, tells the application and the other tabs when it changes, and takes over what other tabs send. */

import { Tabs, type Message, type SignOutReason } from "./channel.js";
import { usernameOf, type SharedSession } from "./session.js";
import type { StateStore } from "./state.js";

/** How long a token counts as fresh after a password was entered, by the services' default (`AUTH_FRESH_TTL`). */
const FRESH_MS = 5 * 60_000;

/** How many ended sessions are remembered, so that a late message does not bring one back. */
const MAX_REMEMBERED = 20;

export class SessionStore {
  session: SharedSession | undefined;
  csrfToken: string | undefined;
  /** Raised when another session replaces this one, so that answers to older calls are dropped. */
  epoch = 0;
  /** Called when the token has changed or is gone. */
  changed: () => void = () => undefined;

  #fresh: { token: string; until: number } | undefined;
  readonly #ended: string[] = [];
  readonly #tabs: Tabs;

  constructor(private readonly state: StateStore, authUrl: string) {
    this.#tabs = new Tabs(authUrl, (message) => this.#onMessage(message));
  }

  /** Asks the other tabs for their session. Tabs that have one answer. */
  ask(): void {
    this.#tabs.send({ kind: "ask" });
  }

  /** Stores a session that the server gave this tab, and sends it to the other tabs. */
  adopt(session: SharedSession, isFresh = false): void {
    if (isFresh) this.#keepFresh(session);
    this.#take(session);
    this.#tabs.send({ kind: "session", session });
  }

  /** Stores a fresh access token of the same session. */
  adoptFresh(accessToken: string, expiresIn: number, scope: string): void {
    if (!this.session) return;
    this.adopt(
      { ...this.session, accessToken, scope, lifetime: expiresIn, expiresAt: Date.now() + expiresIn * 1000 },
      true,
    );
  }

  /** The last fresh token: a refresh or another tab may have replaced it by one that is not fresh. */
  freshToken(): string | undefined {
    return this.#fresh && Date.now() < this.#fresh.until ? this.#fresh.token : undefined;
  }

  /** Forgets the fresh token if it is this one, because a service has rejected it. Returns whether it was. */
  forgetFresh(token: string): boolean {
    const isKept = this.#fresh?.token === token;
    if (isKept) this.#fresh = undefined;
    return isKept;
  }

  /**
   * Ends the session here and in the other tabs. `reason` is `undefined` if it turned out that there is no session.
   * `endedId` is the session that a call of this tab has ended: another tab may have noticed its end before the answer
   * came, and then this tab has no session any more.
   */
  end(reason: SignOutReason | undefined, endedId?: string): void {
    const sessionId = this.session?.sessionId ?? endedId;
    this.#drop(reason);
    if (sessionId !== undefined) {
      this.#tabs.send({ kind: "signed_out", sessionId, reason: reason ?? "ended" });
    }
  }

  close(): void {
    this.#tabs.close();
  }

  #take(session: SharedSession): void {
    if (session.sessionId !== this.session?.sessionId) {
      this.epoch += 1;
      if (this.#fresh && this.#fresh.token !== session.accessToken) this.#fresh = undefined;
    }
    this.session = session;
    this.csrfToken = session.csrfToken ?? this.csrfToken;
    this.state.set({
      status: "signed_in",
      reason: undefined,
      user: {
        id: session.userId,
        username: usernameOf(session.accessToken),
        scope: session.scope.split(" ").filter(Boolean),
        sessionId: session.sessionId,
      },
    });
    this.changed();
  }

  #drop(reason: SignOutReason | undefined): void {
    if (this.session) {
      this.#ended.push(this.session.sessionId);
      this.#ended.splice(0, this.#ended.length - MAX_REMEMBERED);
    }
    this.epoch += 1;
    this.session = this.csrfToken = this.#fresh = undefined;
    this.state.set({ status: "signed_out", user: undefined, reason });
    this.changed();
  }

  #keepFresh(session: SharedSession): void {
    this.#fresh = { token: session.accessToken, until: Math.min(session.expiresAt, Date.now() + FRESH_MS) };
  }

  #onMessage(message: Message): void {
    if (message.kind === "ask") {
      if (this.session) this.#tabs.send({ kind: "session", session: this.session });
    } else if (message.kind === "signed_out") {
      if (this.session?.sessionId === message.sessionId) this.#drop(message.reason);
      else if (this.#hasNoticedEndOf(message.sessionId) && message.reason !== "ended") {
        this.state.set({ reason: message.reason });
      }
    } else if (this.#isNewer(message.session)) {
      this.#take(message.session);
    }
  }

  /** Whether this tab found out by a call of its own that this session, its last one, is over, but not why. */
  #hasNoticedEndOf(sessionId: string): boolean {
    return !this.session && this.state.state.reason === "ended" && this.#ended.at(-1) === sessionId;
  }

  /** Whether another tab's session is newer than this tab's: a late message may bring an older one. */
  #isNewer(other: SharedSession): boolean {
    if (this.#ended.includes(other.sessionId)) return false;
    const own = this.session;
    if (!own) return true;
    if (own.sessionId !== other.sessionId) return other.since > own.since;
    return other.expiresAt > own.expiresAt;
  }
}
