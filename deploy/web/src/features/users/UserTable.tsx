import { useClientState } from "../../app/client.js";
import type { User } from "./users.js";

/** Names come from other people: React writes them as text, and `bdi` isolates their text direction. */
export function UserTable({ users }: { users: readonly User[] }) {
  const own = useClientState().user?.id;
  if (users.length === 0) return <p>There are no users.</p>;
  return (
    <table>
      <thead><tr><th scope="col">Name</th><th scope="col">Address</th><th scope="col">Since</th></tr></thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row"><bdi>{user.username}</bdi>{user.id === own && <span className="badge">you</span>}</th>
            <td>{user.email ? <bdi>{user.email}</bdi> : <span className="quiet">not shown</span>}</td>
            <td><time dateTime={user.created_at}>{new Date(user.created_at).toLocaleDateString()}</time></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
