import { useState } from "react";
import { ApiError, type Schemas } from "authpair-browser";
import { client } from "../app/client.js";
import { useSubmit } from "../app/use-submit.js";
import { deviceName } from "./device-name.js";
import { Button, Notice } from "./index.js";

interface Props {
  session: Schemas["SessionBody"];
  /** Where its list is: `DELETE` of its id there ends it. */
  path: string;
  ended: () => void;
}

/** A session in a list, with the button that ends it. */
export function SessionRow({ session, path, ended }: Props) {
  const [isGone, setGone] = useState(false);
  const form = useSubmit(async () => {
    await client().fetch(`${path}/${encodeURIComponent(session.id)}`, { method: "DELETE" }).catch((error: unknown) => {
      // It was ended elsewhere meanwhile, which is what the user wanted.
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    });
    setGone(true);
    ended();
  });
  const device = deviceName(session.user_agent);
  const place = session.ip ?? "unknown address";
  return (
    <li>
      <div>
        <strong>{device}</strong>{session.current && <span className="badge">this one</span>}
        <p className="hint">
          {place}, last used <time dateTime={session.last_used_at}>{new Date(session.last_used_at).toLocaleString()}</time>
        </p>
        {form.message && <Notice kind="error">{form.message}</Notice>}
      </div>
      {!session.current && (
        <Button type="button" look="plain" isBusy={form.isBusy} disabled={isGone} aria-label={`Sign out ${device} at ${place}`}
          onClick={form.run}>Sign out</Button>
      )}
    </li>
  );
}
