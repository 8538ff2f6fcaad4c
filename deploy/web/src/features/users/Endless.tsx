import { useState } from "react";
import { useData } from "../../app/use-data.js";
import { useSubmit } from "../../app/use-submit.js";
import { Failure } from "../../ui/Failure.js";
import { Button, Notice } from "../../ui/index.js";
import { fetchPage, type User } from "./users.js";
import { UserTable } from "./UserTable.js";

/** One list that grows by the cursor, which costs the same however long it is. */
export function Endless({ sought }: { sought: string }) {
  const { data, error, isLoading, reload, set } = useData("users", sought, (signal) => fetchPage(sought, { page: 1 }, signal));
  const [controller] = useState(() => new AbortController());
  const more = useSubmit(async () => {
    if (!data?.next_cursor) return;
    const next = await fetchPage(sought, { cursor: data.next_cursor }, controller.signal);
    set({ ...next, users: withoutRepeats([...data.users, ...next.users]) });
  });
  if (!data && isLoading) return <p className="quiet" role="status">Loading…</p>;
  if (!data) return <Failure error={error} retry={reload} />;
  return (
    <div aria-busy={more.isBusy}>
      <UserTable users={data.users} />
      {more.message && <Notice kind="error">{more.message}</Notice>}
      <p className="row">
        <span role="status">{data.users.length} users shown{data.next_cursor ? "" : ", that is all"}</span>
        {data.next_cursor && <Button type="button" look="plain" isBusy={more.isBusy} onClick={more.run}>Load more</Button>}
      </p>
    </div>
  );
}

/** The first page came by number: somebody who left meanwhile may have moved the next one. */
function withoutRepeats(users: User[]): User[] {
  return [...new Map(users.map((user) => [user.id, user])).values()];
}
