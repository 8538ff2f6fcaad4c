/**
 * The token of a link in a mail. It is in the address's fragment, which browsers send to no server. It is taken out of the
 * address at once, so that neither the history nor a copied address has it, and is kept in memory only.
 */

import { useState, useSyncExternalStore } from "react";
import { client, useClientState } from "./client.js";
import type { Messages } from "./messages.js";
import { useSubmit, type Submission } from "./use-submit.js";

let current: { path: string; token: string } | undefined;
const listeners = new Set<() => void>();

/** To be called before anything else of the page. */
export function takeLinkToken(): void {
  const { hash, pathname, search } = window.location;
  const token = new URLSearchParams(hash.slice(1)).get("token");
  if (token === null) return;
  window.history.replaceState(null, "", pathname + search);
  put({ path: pathname, token });
}

// A second link to the page that is shown changes the fragment alone.
window.addEventListener("hashchange", takeLinkToken);

function put(next: typeof current): void {
  current = next;
  for (const listener of listeners) listener();
}

function useLinkToken(): string | undefined {
  const subscribe = (listener: () => void) => { listeners.add(listener); return () => listeners.delete(listener); };
  const link = useSyncExternalStore(subscribe, () => current);
  return link?.path === window.location.pathname ? link.token : undefined;
}

export interface LinkForm extends Submission {
  /** Whether the page was opened by a link that was not used yet. */
  hasLink: boolean;
  isDone: boolean;
}

/**
 * The form of a page that a link in a mail opens. Opening the page does nothing: only the button sends the token, so that
 * no mail scanner uses the link up.
 */
export function useLinkForm(send: (token: string) => Promise<void>, messages?: Messages): LinkForm {
  const token = useLinkToken();
  const { status } = useClientState();
  const [isSent, setSent] = useState(false);
  const form = useSubmit(async () => {
    if (token === undefined) return;
    await send(token);
    setSent(true);
    put(undefined);
    // The session may be over, or have other rights.
    if (status === "signed_in") await client().refresh().catch(() => undefined);
  }, messages);
  return { ...form, hasLink: token !== undefined, isDone: isSent && token === undefined };
}
