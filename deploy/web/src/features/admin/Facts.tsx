import { Link } from "../../app/router.js";
import type { AdminUser } from "./api.js";

export function Facts({ user }: { user: AdminUser }) {
  return (
    <>
      <dl className="facts">
        <div><dt>Address</dt><dd><bdi>{user.email}</bdi>{!user.email_verified && <span className="badge">not confirmed</span>}</dd></div>
        {user.pending_email && <div><dt>New address</dt><dd><bdi>{user.pending_email}</bdi><span className="badge">waits for its link</span></dd></div>}
        <div><dt>Id</dt><dd>{user.id}</dd></div>
        <div><dt>Since</dt><dd><Time at={user.created_at} /></dd></div>
        <div><dt>Last sign-in</dt><dd>{user.last_login_at ? <Time at={user.last_login_at} /> : "never"}</dd></div>
        <div><dt>Password</dt><dd>{user.has_password ? "set" : "none"}</dd></div>
        {user.disabled && (
          <div>
            <dt>Disabled</dt>
            <dd><Time at={user.disabled.at} />{user.disabled.reason && <>: <bdi>{user.disabled.reason}</bdi></>}</dd>
          </div>
        )}
      </dl>
      <p className="row">
        <Link href={`/admin/audit?subject=${encodeURIComponent(user.id)}`}>What happened to this account</Link>
        <Link href={`/admin/audit?actor=${encodeURIComponent(user.id)}`}>What this user did</Link>
      </p>
    </>
  );
}

function Time({ at }: { at: string }) {
  return <time dateTime={at}>{new Date(at).toLocaleString()}</time>;
}
