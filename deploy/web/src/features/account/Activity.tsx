import type { Schemas } from "authpair-browser";
import { client } from "../../app/client.js";
import { useList } from "../../app/use-list.js";
import { deviceName } from "../../ui/device-name.js";
import { Button } from "../../ui/index.js";
import { Listing } from "../../ui/Listing.js";
import { actorWords, countWords, eventWords, type Entry } from "./event-words.js";

const PER_PAGE = "10";

/** The events of the account in the last 90 days, so that its owner notices changes by others. */
export function Activity() {
  const list = useList("auth", "activity", async (cursor, signal) => {
    const query = new URLSearchParams({ per_page: PER_PAGE, ...(cursor === undefined ? {} : { cursor }) });
    const page = await client().json<Schemas["AuditPageBody"]>(`/api/auth/activity?${query.toString()}`, signal ? { signal } : {});
    return { items: page.entries, next: page.next_cursor };
  });
  return (
    <>
      <p>What happened to your account in the last 90 days. If something here was not you, change your password.</p>
      <Listing list={list} unit="entries">
        {(entries) => (
          <ul className="rows" aria-label="Your activity">{entries.map((entry) => <Row key={entry.id} entry={entry} />)}</ul>
        )}
      </Listing>
      <p className="row">
        <Button type="button" look="plain" isBusy={list.isLoading} disabled={list.more.isBusy} onClick={list.reload}>Show the newest</Button>
      </p>
    </>
  );
}

function Row({ entry }: { entry: Entry }) {
  const place = [entry.user_agent && deviceName(entry.user_agent), entry.ip].filter(Boolean).join(" at ");
  const more = [actorWords(entry), place, ...countWords(entry.details)].filter(Boolean).join(", ");
  return (
    <li>
      <div>
        <strong>{eventWords(entry)}</strong>{entry.outcome === "refused" && <span className="badge bad">refused</span>}
        <p className="hint"><time dateTime={entry.at}>{new Date(entry.at).toLocaleString()}</time>{more && `, ${more}`}</p>
      </div>
    </li>
  );
}
