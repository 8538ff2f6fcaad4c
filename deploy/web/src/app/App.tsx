import { useEffect, useRef } from "react";
import { routes } from "../features/index.js";
import { Notice } from "../ui/index.js";
import { useClientState } from "./client.js";
import { Layout } from "./Layout.js";
import type { Route } from "./route.js";
import { navigate, usePath } from "./router.js";
import { StepUpDialog } from "./StepUpDialog.js";

/** The page to show after signing in, for a guest who first came to a page for members. */
let pageAfterSignIn: string | undefined;

export function App() {
  const { status } = useClientState();
  const path = usePath();
  const route = routes.find((one) => one.path === path);
  const redirect = redirectFrom(route, path, status);
  useEffect(() => {
    if (redirect === undefined) return;
    if (status === "signed_out" && route?.access === "member") pageAfterSignIn = path + window.location.search;
    if (status === "signed_in") pageAfterSignIn = undefined;
    navigate(redirect, true);
  }, [redirect, status, route, path]);
  return (
    <Layout>
      <Content route={route} isLeaving={redirect !== undefined} />
      <StepUpDialog />
    </Layout>
  );
}

function redirectFrom(route: Route | undefined, path: string, status: string): string | undefined {
  if (status === "signed_in" && (path === "/" || route?.access === "guest")) return pageAfterSignIn ?? "/users";
  if (status === "signed_out" && (path === "/" || route?.access === "member")) return "/login";
  return undefined;
}

/** Shows nothing until it is known whether a user is signed in, so that no page flashes up that is then replaced. */
function Content({ route, isLeaving }: { route: Route | undefined; isLeaving: boolean }) {
  const { status, user } = useClientState();
  if (status === "starting") return <p className="quiet" role="status">Loading…</p>;
  if (status === "unreachable") {
    return (
      <Page title="auth-service cannot be reached">
        <Notice kind="error">
          It is not known whether you are signed in. Nothing is lost: this page goes on by itself when auth-service
          answers again.
        </Notice>
      </Page>
    );
  }
  if (isLeaving) return null;
  if (!route) return <Page title="There is no such page"><p><a href="/">To the start</a></p></Page>;
  const isAllowed = route.scope === undefined || user?.scope.includes(route.scope);
  return (
    <Page key={route.path} title={route.title}>
      {isAllowed ? <route.page /> : <Notice kind="error">You have no right to see this page.</Notice>}
    </Page>
  );
}

function Page({ title, children }: { title: string; children: React.ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – authpair`;
    // People who do not see the page hear that it is another one.
    if (document.activeElement === document.body || document.activeElement === null) heading.current?.focus();
  }, [title]);
  return <><h1 ref={heading} tabIndex={-1}>{title}</h1>{children}</>;
}
