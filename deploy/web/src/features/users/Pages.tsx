import { useData } from "../../app/use-data.js";
import { Failure } from "../../ui/Failure.js";
import { Button } from "../../ui/index.js";
import { fetchPage } from "./users.js";
import { UserTable } from "./UserTable.js";

/** Page by page, with totals. */
export function Pages({ searchText, page, go }: { searchText: string; page: number; go: (page: number) => void }) {
  const { data, error, isLoading, reload } = useData("users", `${page} ${searchText}`, (signal) => fetchPage(searchText, { page }, signal));
  if (!data && isLoading) return <p className="quiet" role="status">Loading…</p>;
  if (!data) return <Failure error={error} retry={reload} />;
  // The page that is shown: while the requested one is loading, that is the previous one.
  const shown = data.page ?? page;
  const pages = Math.max(1, data.pages ?? 1);
  // The buttons count from the requested page, so that a second click before its data has arrived goes one page further.
  const requested = Math.min(page, pages);
  return (
    <div aria-busy={isLoading}>
      <UserTable users={data.users} />
      <nav className="row" aria-label="Pages of users">
        <Button type="button" look="plain" disabled={requested <= 1} onClick={() => go(requested - 1)}>Previous</Button>
        <span role="status">Page {shown} of {pages}, {data.total ?? 0} users</span>
        <Button type="button" look="plain" disabled={requested >= pages} onClick={() => go(requested + 1)}>Next</Button>
      </nav>
    </div>
  );
}
