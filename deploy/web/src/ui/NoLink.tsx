import { Notice } from "./index.js";

/** Shown on a page that only a link in a mail opens, when it was opened without one. */
export function NoLink() {
  return <Notice kind="warning">This page needs the link of a mail that we sent you. Open that link, once more if you have reloaded this page.</Notice>;
}
