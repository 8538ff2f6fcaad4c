/** Messages between the tabs of one origin. Without BroadcastChannel each tab works alone. */

import type { SharedSession } from "./session.js";

export type SignOutReason = "signed_out" | "ended" | "deleted";

export type Message =
  | { kind: "session"; session: SharedSession }
  | { kind: "signed_out"; sessionId: string; reason: SignOutReason }
  /** A tab that was just opened or reloaded asks the others for their session. */
  | { kind: "ask" };

export class Tabs {
  readonly #channel: BroadcastChannel | undefined;

  constructor(authUrl: string, onMessage: (message: Message) => void) {
    try {
      this.#channel = new BroadcastChannel(`authpair ${authUrl}`);
      this.#channel.onmessage = (event) => onMessage(event.data as Message);
    } catch {
      // Old browsers do not have it, and some private modes do not allow it.
      this.#channel = undefined;
    }
  }

  send(message: Message): void {
    try {
      this.#channel?.postMessage(message);
    } catch {
      // The channel is closed while the page is unloaded.
    }
  }

  close(): void {
    this.#channel?.close();
  }
}
