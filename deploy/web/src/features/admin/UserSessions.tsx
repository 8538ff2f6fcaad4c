import { useState } from "react";
import type { Schemas } from "authpair-browser";
import { client } from "../../app/client.js";
import { useData } from "../../app/use-data.js";
import { useSubmit } from "../../app/use-submit.js";
import { Failure } from "../../ui/Failure.js";
import { Button, Notice } from "../../ui/index.js";
import { SessionRow } from "../../ui/SessionRow.js";
import { userPath } from "./api.js";

export function UserSessions({ id }: { id: string }) {
  const path = `${userPath(id)}/sessions`;
  const [ended, setEnded] = useState<number>();
  const { data, error, isLoading, reload } = useData("auth", path, (signal) => client().json<Schemas["SessionsBody"]>(path, { signal }));
  const all = useSubmit(async () => {
    setEnded((await client().json<{ revoked: number }>(path, { method: "DELETE" })).revoked);
    reload();
  });
  if (!data && isLoading) return <p className="quiet" role="status">Loading…</p>;
  if (!data) return <Failure error={error} retry={reload} />;
  return (
    <>
      {data.sessions.length === 0 && <p>There is no session.</p>}
      {data.sessions.length > 0 && (
        <ul className="rows" aria-label="Sessions of this user">
          {data.sessions.map((session) => <SessionRow key={session.id} session={session} path={path} ended={reload} />)}
        </ul>
      )}
      {all.message && <Notice kind="error">{all.message}</Notice>}
      <p role="status">{ended !== undefined && `${ended} ${ended === 1 ? "session" : "sessions"} ended.`}</p>
      <p className="row">
        <Button type="button" look="plain" isBusy={all.isBusy} disabled={data.sessions.length === 0 || all.wait > 0} onClick={all.run}>
          End all sessions
        </Button>
        <Button type="button" look="plain" isBusy={isLoading} onClick={reload}>Look again</Button>
      </p>
    </>
  );
}
