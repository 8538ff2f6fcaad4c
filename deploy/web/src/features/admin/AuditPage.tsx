import { ApiError } from "authpair-browser";
import { navigate, useQuery } from "../../app/router.js";
import { useList } from "../../app/use-list.js";
import { Listing } from "../../ui/Listing.js";
import { AdminNav } from "./AdminNav.js";
import { fetchEntries } from "./api.js";
import { AuditEntry } from "./AuditEntry.js";
import { AuditFilter, FILTERS, type Filter } from "./AuditFilter.js";

/** The filter is in the address, so that it survives a reload and can be sent on. */
export function AuditPage() {
  const query = useQuery();
  const filter = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""])) as Filter;
  const go = (next: Filter) => {
    const given = Object.entries(next).filter(([, value]) => value !== "");
    navigate(given.length > 0 ? `/admin/audit?${new URLSearchParams(given).toString()}` : "/admin/audit");
  };
  return <><AdminNav /><Log key={JSON.stringify(filter)} filter={filter} go={go} /></>;
}

function Log({ filter, go }: { filter: Filter; go: (filter: Filter) => void }) {
  const list = useList("auth", "audit", (cursor, signal) => fetchEntries(filter, cursor, signal));
  const fields = list.error instanceof ApiError ? list.error.fields : {};
  return (
    <>
      <AuditFilter filter={filter} apply={go} fields={fields} reload={list.reload} />
      <Listing list={list} unit="entries">
        {(entries) => entries.length === 0 ? <p>There is no such entry.</p> : (
          <ul className="rows" aria-label="Entries">{entries.map((entry) => <AuditEntry key={entry.id} entry={entry} />)}</ul>
        )}
      </Listing>
    </>
  );
}
