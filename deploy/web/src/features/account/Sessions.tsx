import type { Schemas } from "authpair-browser";
import { client, useClientState } from "../../app/client.js";
import { useData } from "../../app/use-data.js";
import { useSubmit } from "../../app/use-submit.js";
import { Failure } from "../../ui/Failure.js";
import { Button, Notice } from "../../ui/index.js";
import { SessionRow } from "../../ui/SessionRow.js";

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
      <ul className="rows" aria-label="Your sessions">
        {data.sessions.map((session) => <SessionRow key={session.id} session={session} path="/api/auth/sessions" ended={reload} />)}
      </ul>
      {everywhere.message && <Notice kind="error">{everywhere.message}</Notice>}
      <p className="row">
        <Button type="button" look="plain" isBusy={everywhere.isBusy} onClick={everywhere.run}>Sign out everywhere</Button>
        <Button type="button" look="plain" isBusy={isLoading} onClick={reload}>Look again</Button>
      </p>
    </>
  );
}
