import { ApiError } from "authpair-browser";
import { messageOf, nameOf } from "../app/messages.js";
import { Button, Notice } from "./index.js";

/** Shown instead of a page's content when that could not be fetched. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  if (error instanceof ApiError && error.isUnreachable) {
    return (
      <Notice kind="error">
        <h2>{nameOf(error.service)} cannot be reached</h2>
        <p>This page goes on by itself when it is back. Your session is kept.</p>
      </Notice>
    );
  }
  return (
    <Notice kind="error">
      <p>{messageOf(error)}</p>
      {error instanceof ApiError && error.requestId && <p className="hint">For support: {error.requestId}</p>}
      <Button look="plain" type="button" onClick={retry}>Try again</Button>
    </Notice>
  );
}
