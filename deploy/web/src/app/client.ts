/** The one client of the page, and its state for React. */

import { useSyncExternalStore } from "react";
import { createClient, type Client, type ClientState } from "authpair-browser";
import type { Config } from "./config.js";
import { askPassword } from "./step-up.js";

let instance: Client;

export function connect(config: Config): void {
  instance = createClient({ ...config, onStepUp: askPassword });
}

export function client(): Client {
  return instance;
}

export function useClientState(): Readonly<ClientState> {
  return useSyncExternalStore((changed) => instance.onChange(changed), () => instance.state);
}
