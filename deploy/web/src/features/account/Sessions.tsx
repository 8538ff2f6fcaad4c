import { useState } from "react";
import { ApiError, type Schemas } from "authpair-browser";
import { client, useClientState } from "../../app/client.js";
import { useData } from "../../app/use-data.js";
import { useSubmit } from "../../app/use-submit.js";
import { Failure } from "../../ui/Failure.js";
import { Button, Notice } from "../../ui/index.js";
import { deviceName } from "./device-name.js";

type Session = Schemas["SessionBody"];

export function Sessions() {
  // Another session's password change gives this tab another one.
  const own = useClientState().user?.sessionId ?? "";
  const { data, error, isLoading, reload } = useData("auth", `sessions ${own}`, (signal) =>
    client().json<Schemas["SessionsBody"]>("/api/auth/sessions", { signal }));
  const everywhere = useSubmit(() => client().logoutEverywhere());
  if (!data && isLoading) return <p className="quiet" role="status">Loading…</p>;
  if (!data) return <Failure error={error} retry={reload} />;
  return (
    <>
      <ul className="sessions" aria-label="Your sessions">
        {data.sessions.map((session) => <Row key={session.id} session={session} ended={reload} />)}
      </ul>
      {everywhere.message && <Notice kind="error">{everywhere.message}</Notice>}
      <p className="row">
        <Button type="button" look="plain" isBusy={everywhere.isBusy} onClick={everywhere.run}>Sign out everywhere</Button>
        <Button type="button" look="plain" isBusy={isLoading} onClick={reload}>Look again</Button>
      </p>
    </>
  );
}

function Row({ session, ended }: { session: Session; ended: () => void }) {
  const [isGone, setGone] = useState(false);
  const form = useSubmit(async () => {
    await client().fetch(`/api/auth/sessions/${encodeURIComponent(session.id)}`, { method: "DELETE" }).catch((error: unknown) => {
      // Ended meanwhile by somebody else: what was wanted.
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
