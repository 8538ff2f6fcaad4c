import { useState, type ReactNode } from "react";
import { routes } from "../features/index.js";
import { Button, Notice } from "../ui/index.js";
import { client, useClientState } from "./client.js";
import { messageOf } from "./messages.js";
import type { Route } from "./route.js";
import { Link, usePath } from "./router.js";

export function Layout({ children }: { children: ReactNode }) {
  const { status, user, unreachable } = useClientState();
  const path = usePath();
  const access = status === "signed_in" ? "member" : status === "signed_out" ? "guest" : undefined;
  const links = routes.filter((route) =>
    route.inMenu && route.access === access && (route.scope === undefined || user?.scope.includes(route.scope)));
  const isCurrent = (route: Route) => path === route.path || path.startsWith(`${route.path}/`);
  return (
    <>
      <a className="skip" href="#content">Skip to the content</a>
      <header>
        <p className="brand">authpair</p>
        <nav aria-label="Pages">
          {links.map((route) => (
            <Link key={route.path} href={route.path} aria-current={isCurrent(route) ? "page" : undefined}>{route.title}</Link>
          ))}
        </nav>
        {status === "signed_in" && <SignOut username={user?.username} />}
      </header>
      <div role="status">
        {status === "signed_in" && unreachable.auth && (
          <Notice kind="warning">
            auth-service cannot be reached. You stay signed in and can look at users; changes to your account have to wait.
          </Notice>
        )}
        {unreachable.users && (
          <Notice kind="warning">users-api cannot be reached. The list of users has to wait; your account works.</Notice>
        )}
      </div>
      <main id="content" tabIndex={-1}>{children}</main>
    </>
  );
}

function SignOut({ username }: { username: string | undefined }) {
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await client().logout();
    } catch (caught) {
      setError(`You are still signed in. ${messageOf(caught)}`);
      setBusy(false);
    }
  };
  return (
    <div className="who">
      <bdi>{username}</bdi>
      <Button look="plain" type="button" isBusy={isBusy} onClick={() => void leave()}>Sign out</Button>
      {error && <Notice kind="error">{error}</Notice>}
    </div>
  );
}
