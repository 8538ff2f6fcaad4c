/** The state that an application shows. It contains no token. */

import type { SignOutReason } from "./channel.js";

export interface SignedInUser {
  id: string;
  /** As the access token has it. */
  username: string | undefined;
  scope: readonly string[];
  sessionId: string;
}

export interface ClientState {
  /**
   * `starting` until it is known whether there is a session; `unreachable` while that is unknown because auth-service
   * cannot be reached.
   */
  status: "starting" | "unreachable" | "signed_in" | "signed_out";
  user: SignedInUser | undefined;
  /**
   * Why a session that was here is over: `signed_out` here or in another tab, `ended` elsewhere or by expiry, `deleted`
   * with its account. Undefined if there was no session.
   */
  reason: SignOutReason | undefined;
  /** Whether the last call to each service could not reach it. */
  unreachable: { readonly auth: boolean; readonly users: boolean };
}

export class StateStore {
  #state: Readonly<ClientState> = Object.freeze({
    status: "starting", user: undefined, reason: undefined, unreachable: { auth: false, users: false },
  });
  readonly #listeners = new Set<(state: Readonly<ClientState>) => void>();

  get state(): Readonly<ClientState> {
    return this.#state;
  }

  set(change: Partial<ClientState>): void {
    const next = { ...this.#state, ...change };
    // A new token of the same user changes no part of the state.
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = Object.freeze(next);
    for (const listener of [...this.#listeners]) listener(this.#state);
  }

  listen(listener: (state: Readonly<ClientState>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
