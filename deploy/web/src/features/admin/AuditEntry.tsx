import { Link } from "../../app/router.js";
import type { Entry } from "./api.js";

/** An entry with what administrators look for: the event's own name, ids and fixed words. */
export function AuditEntry({ entry }: { entry: Entry }) {
  const more = Object.entries({
    session: entry.session_id, client: entry.client_id, address: entry.ip, "user agent": entry.user_agent, request: entry.request_id,
    "authenticated by": entry.amr?.join(", "), details: entry.details && JSON.stringify(entry.details), entry: entry.id,
  }).filter((one): one is [string, string] => Boolean(one[1]));
  return (
    <li>
      <div>
        <strong>{entry.event}</strong>
        {entry.outcome === "refused" && <span className="badge bad">refused</span>}
        {entry.reason && <span className="badge">{entry.reason}</span>}
        <p className="hint">
          <time dateTime={entry.at}>{new Date(entry.at).toLocaleString()}</time> by <Party party={entry.actor} />
          {entry.subject && <> about <Party party={entry.subject} /></>}
        </p>
        <details>
          <summary>More<span className="hidden"> about {entry.event}</span></summary>
          <dl className="facts">{more.map(([name, value]) => <div key={name}><dt>{name}</dt><dd><bdi>{value}</bdi></dd></div>)}</dl>
        </details>
      </div>
    </li>
  );
}

function Party({ party }: { party: Entry["actor"] }) {
  if (party.type === "user" && party.id) return <>user <Link href={`/admin/user?id=${encodeURIComponent(party.id)}`}>{party.id}</Link></>;
  return <>{party.type}{party.id && ` ${party.id}`}</>;
}
