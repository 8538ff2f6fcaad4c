import { useClientState } from "../../app/client.js";
import { Link, navigate, useQuery } from "../../app/router.js";
import { useList } from "../../app/use-list.js";
import { Select } from "../../ui/index.js";
import { Listing } from "../../ui/Listing.js";
import { Search } from "../../ui/Search.js";
import { AdminNav } from "./AdminNav.js";
import { fetchUsers, type AdminUser } from "./api.js";

const STATUSES = [["", "All"], ["enabled", "Enabled"], ["disabled", "Disabled"]] as const;

/** Search and status are in the address, so that they survive a reload and the way back from a user. */
export function ListPage() {
  const query = useQuery();
  const filter = { q: query.get("q") ?? "", status: query.get("status") ?? "" };
  const go = (change: Partial<typeof filter>) => {
    const given = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== "");
    navigate(given.length > 0 ? `/admin?${new URLSearchParams(given).toString()}` : "/admin");
  };
  return (
    <>
      <AdminNav />
      <Search key={filter.q} label="Search by name or address" hint="The beginning of a user name or an address, or an id" searchText={filter.q}
        search={(q) => go({ q })} />
      <Select label="Status" value={filter.status} onChange={(status) => go({ status })} options={STATUSES} />
      <Found key={`${filter.status} ${filter.q}`} filter={filter} />
    </>
  );
}

function Found({ filter }: { filter: { q: string; status: string } }) {
  const list = useList("auth", "admin users", (cursor, signal) => fetchUsers(filter, cursor, signal));
  return <Listing list={list} unit="users">{(users) => <UserTable users={users} />}</Listing>;
}

function UserTable({ users }: { users: readonly AdminUser[] }) {
  const own = useClientState().user?.id;
  if (users.length === 0) return <p>There is no such user.</p>;
  return (
    <table>
      <thead><tr><th scope="col">Name</th><th scope="col">Address</th><th scope="col">Scopes</th><th scope="col">Last sign-in</th></tr></thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row">
              <Link href={`/admin/user?id=${encodeURIComponent(user.id)}`}><bdi>{user.username}</bdi></Link>
              {user.id === own && <span className="badge">you</span>}
              {user.disabled && <span className="badge bad">disabled</span>}
            </th>
            <td><bdi>{user.email}</bdi></td>
            <td>{user.scope || <span className="quiet">none</span>}</td>
            <td>{user.last_login_at
              ? <time dateTime={user.last_login_at}>{new Date(user.last_login_at).toLocaleDateString()}</time>
              : <span className="quiet">never</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
