/** What tabs of one origin tell each other. Without BroadcastChannel each tab goes on by itself. */

import type { SharedSession } from "./session.js";

export type SignOutReason = "signed_out" | "ended" | "deleted";

export type Message =
  | { kind: "session"; session: SharedSession }
  | { kind: "signed_out"; sessionId: string; reason: SignOutReason }
  /** A tab that was just opened or reloaded asks the others for what they hold. */
  | { kind: "ask" };

export class Tabs {
  readonly #channel: BroadcastChannel | undefined;

  constructor(authUrl: string, heard: (message: Message) => void) {
    try {
      this.#channel = new BroadcastChannel(`authpair ${authUrl}`);
      this.#channel.onmessage = (event) => heard(event.data as Message);
    } catch {
      // Absent in old browsers, refused in some private modes.
      this.#channel = undefined;
    }
  }

  tell(message: Message): void {
    try {
      this.#channel?.postMessage(message);
    } catch {
      // Closed while the page goes away.
    }
  }

  close(): void {
    this.#channel?.close();
  }
}
