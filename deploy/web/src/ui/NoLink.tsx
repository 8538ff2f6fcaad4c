import { Notice } from "./index.js";

/** Stands on a page that only a link in a mail opens. */
export function NoLink() {
  return <Notice kind="warning">This page needs the link of a mail that we sent you. Open that link, once more if you have reloaded this page.</Notice>;
}
