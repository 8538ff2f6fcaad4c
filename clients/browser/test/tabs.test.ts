import { describe, expect, it, vi } from "vitest";
import type { Client } from "../src/index.js";
import { hold, PASSWORD, readyTab, refreshes, rejection, signedIn, stub, tab, token } from "./setup.js";
import { problem } from "./stub.js";

/** Tabs that check for a sign-out elsewhere only where a test says so. */
const quiet = { checkEvery: 0 };
const becomes = (client: Client, status: string) => vi.waitFor(() => expect(client.state.status).toBe(status));

describe("tabs", () => {
  it("sign in and out together", async () => {
    const [one, two] = [await readyTab(quiet), await readyTab(quiet)];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    await two.logout();
    await becomes(one, "signed_out");
    expect(one.state.reason).toBe("signed_out");
  });

  it("say why the session is over, also where one of them notices its end before the answer to the sign-out comes", async () => {
    const [one, two] = [await readyTab(quiet), await readyTab(quiet)];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    const release = hold("/logout", () => {
      stub.cookie!.over = true;
      return new Response(null, { status: 204 });
    });
    const leaving = one.logout();
    await rejection(two.fetch("/api/users"));
    expect(two.state).toMatchObject({ status: "signed_out", reason: "ended" });
    await becomes(one, "signed_out");
    release();
    await leaving;
    expect(one.state.reason).toBe("signed_out");
    await vi.waitFor(() => expect(two.state.reason).toBe("signed_out"));
  });

  it("share the token that one of them has refreshed", async () => {
    const [one, two] = [await readyTab(quiet), await readyTab(quiet)];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 800_000 });
    await one.refresh();
    await one.fetch("/api/users?tab=1");
    await vi.waitFor(async () => {
      await two.fetch("/api/users?tab=2");
      expect(token("users /api/users?tab=2")).toBe(token("users /api/users?tab=1"));
    });
    expect(refreshes()).toBe(1);
  });

  it("take over the session that a password change started", async () => {
    const [one, two] = [await readyTab(quiet), await readyTab(quiet)];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    await one.changePassword(PASSWORD, "battery staple horse");
    await vi.waitFor(() => expect(two.state.user?.sessionId).toBe(one.state.user?.sessionId));
    await two.fetch("/api/users");
  });

  it("do not bring back a session that one of them has ended", async () => {
    const [one, two] = [await readyTab(quiet), await readyTab(quiet)];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    const answer = stub.tokens(stub.cookie!, false);
    const release = hold("/refresh", () => new Response(JSON.stringify(answer)));
    const refresh = two.refresh();
    await one.logout();
    await becomes(two, "signed_out");
    release();
    await refresh;
    expect(two.state.status).toBe("signed_out");
    expect(one.state.status).toBe("signed_out");
  });

  it("work without BroadcastChannel: each sees changes at its next call", async () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    const [one, two] = [await readyTab(quiet), await readyTab(quiet)];
    await one.login({ username: "ana", password: PASSWORD });
    expect(two.state.status).toBe("signed_out");
    const three = await readyTab(quiet);
    expect(three.state.status).toBe("signed_in");
    await one.changePassword(PASSWORD, "battery staple horse");
    await three.fetch("/api/users");
    expect(three.state.user?.sessionId).toBe(one.state.user?.sessionId);
    await one.logout();
    await three.fetch("/api/users").catch(() => undefined);
    expect(three.state).toMatchObject({ status: "signed_out", reason: "ended" });
  });

  it("see that another user signed in with the same browser", async () => {
    const [one, two] = [await readyTab(quiet), await readyTab(quiet)];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    await two.login({ username: "bob", password: PASSWORD });
    await vi.waitFor(() => expect(one.state.user?.id).toBe("bob"));
  });
});

describe("a reload", () => {
  it("fetches the CSRF token again and stays signed in", async () => {
    const before = await signedIn(quiet);
    before.close();
    const after = await readyTab(quiet);
    expect(after.state).toMatchObject({ status: "signed_in", user: { username: "ana" } });
    expect(stub.calls("auth /api/auth/refresh").at(-1)?.headers.get("x-csrf-token")).toBe(`csrf-${stub.cookie!.id}`);
  });

  it("fetches it again where the cookie is of another session", async () => {
    const one = await signedIn(quiet);
    stub.cookie!.id = "renamed";
    await one.refresh();
    expect(stub.calls("auth /api/auth/csrf")).toHaveLength(2);
    expect(one.state.status).toBe("signed_in");
  });

  it("tries again while auth-service cannot be reached, and the state says so", async () => {
    vi.useFakeTimers();
    stub.before = ({ path }) => path.startsWith("auth") ? Promise.reject(new TypeError("Failed to fetch")) : undefined;
    const client = tab();
    await vi.advanceTimersByTimeAsync(6000);
    expect(client.state).toMatchObject({ status: "unreachable", unreachable: { auth: true } });
    stub.before = () => undefined;
    await vi.advanceTimersByTimeAsync(6000);
    expect(client.state).toMatchObject({ status: "signed_out", unreachable: { auth: false } });
  });
});

describe("a refresh", () => {
  it("is repeated when its answer is lost, and the user stays signed in", async () => {
    const client = await signedIn(quiet);
    stub.before = ({ path }) => path.endsWith("/refresh") && refreshes() === 1
      ? Promise.reject(new TypeError("Failed to fetch")) : undefined;
    await client.refresh();
    expect(refreshes()).toBe(2);
    expect(client.state).toMatchObject({ status: "signed_in", unreachable: { auth: false } });
  });

  it("ends no session when auth-service is overloaded, and is not sent before Retry-After is over", async () => {
    vi.useFakeTimers();
    const client = await signedIn(quiet);
    stub.before = ({ path }) => path.endsWith("/refresh")
      ? problem(429, "rate_limited", { retry_after: 60 }, { "retry-after": "60" }) : undefined;
    await expect(client.refresh()).rejects.toMatchObject({ code: "rate_limited", retryAfter: 60 });
    await expect(client.refresh()).rejects.toMatchObject({ code: "rate_limited" });
    await vi.advanceTimersByTimeAsync(50_000);
    await expect(client.refresh()).rejects.toMatchObject({ code: "rate_limited" });
    expect(refreshes()).toBe(1);
    expect(client.state.status).toBe("signed_in");
    stub.before = () => undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    await client.refresh();
    expect(refreshes()).toBe(2);
  });

  it("is sent by the client before the token expires", async () => {
    vi.useFakeTimers();
    await signedIn(quiet);
    await vi.advanceTimersByTimeAsync(800_000);
    expect(refreshes()).toBe(0);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(refreshes()).toBe(1);
  });

  it("is sent within seconds after the machine slept for an hour", async () => {
    vi.useFakeTimers();
    await signedIn(quiet);
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(refreshes()).toBe(1);
  });
});

describe("the check for a sign-out elsewhere", () => {
  it("sees it within its interval", async () => {
    vi.useFakeTimers();
    const client = await signedIn({ checkEvery: 1000 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(client.state.status).toBe("signed_in");
    stub.cookie!.over = true;
    await vi.advanceTimersByTimeAsync(1100);
    expect(client.state).toMatchObject({ status: "signed_out", reason: "ended" });
  });

  it("waits as long as Retry-After says", async () => {
    vi.useFakeTimers();
    const client = await signedIn({ checkEvery: 1000 });
    await vi.advanceTimersByTimeAsync(100);
    stub.before = ({ path }) => path === "users /api/whoami"
      ? problem(503, "keys_unavailable", {}, { "retry-after": "20" }) : undefined;
    await vi.advanceTimersByTimeAsync(2000);
    const after = stub.calls("users /api/whoami").length;
    await vi.advanceTimersByTimeAsync(17_000);
    expect(stub.calls("users /api/whoami")).toHaveLength(after);
    expect(client.state.status).toBe("signed_in");
  });

  it("does not run while the page is hidden, and runs at once when it is shown", async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
    vi.stubGlobal("document", page);
    vi.useFakeTimers();
    await signedIn({ checkEvery: 1000 });
    await vi.advanceTimersByTimeAsync(100);
    page.visibilityState = "hidden";
    const before = stub.seen.length;
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(stub.seen).toHaveLength(before);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(50);
    expect(refreshes()).toBe(1);
    expect(stub.calls("users /api/whoami").length).toBeGreaterThan(0);
  });
});
