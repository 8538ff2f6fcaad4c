import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient, type Client } from "../src/index.js";
import { AUTH, problem, Stub, USERS } from "./stub.js";

const PASSWORD = "correct horse battery";
let stub: Stub;
let opened: Client[];

beforeEach(() => {
  stub = new Stub();
  opened = [];
});
afterEach(() => {
  for (const client of opened) client.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function tab(checkEvery = 0): Promise<Client> {
  const client = createClient({ authUrl: AUTH, usersUrl: USERS, checkEvery });
  opened.push(client);
  await client.ready();
  return client;
}

const becomes = (client: Client, status: string) => vi.waitFor(() => expect(client.state.status).toBe(status));
const refreshes = () => stub.calls("auth /api/auth/refresh").length;
const token = (path: string) => stub.calls(path).at(-1)?.headers.get("authorization");

describe("tabs", () => {
  it("sign in and out together", async () => {
    const [one, two] = [await tab(), await tab()];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    await two.logout();
    await becomes(one, "signed_out");
    expect(one.state.reason).toBe("signed_out");
  });

  it("share what one of them refreshed", async () => {
    const [one, two] = [await tab(), await tab()];
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

  it("take the session that a new password began", async () => {
    const [one, two] = [await tab(), await tab()];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    await one.changePassword(PASSWORD, "battery staple horse");
    await vi.waitFor(() => expect(two.state.user?.sessionId).toBe(one.state.user?.sessionId));
    await two.fetch("/api/users");
  });

  it("bring no session back that one of them has ended", async () => {
    const [one, two] = [await tab(), await tab()];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    let release = () => {};
    const held = new Promise<void>((resolve) => { release = resolve; });
    const answer = stub.tokens(stub.cookie!, false);
    stub.before = async ({ path }) => {
      if (!path.endsWith("/refresh")) return undefined as never;
      await held;
      return new Response(JSON.stringify(answer));
    };
    const refresh = two.refresh();
    await one.logout();
    await becomes(two, "signed_out");
    release();
    await refresh;
    expect(two.state.status).toBe("signed_out");
    expect(one.state.status).toBe("signed_out");
  });

  it("go on without BroadcastChannel: each finds out by its next call", async () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    const [one, two] = [await tab(), await tab()];
    await one.login({ username: "ana", password: PASSWORD });
    expect(two.state.status).toBe("signed_out");
    const three = await tab();
    expect(three.state.status).toBe("signed_in");
    await one.changePassword(PASSWORD, "battery staple horse");
    await three.fetch("/api/users");
    expect(three.state.user?.sessionId).toBe(one.state.user?.sessionId);
    await one.logout();
    await three.fetch("/api/users").catch(() => undefined);
    expect(three.state).toMatchObject({ status: "signed_out", reason: "ended" });
  });

  it("see that another person signed in with the same browser", async () => {
    const [one, two] = [await tab(), await tab()];
    await one.login({ username: "ana", password: PASSWORD });
    await becomes(two, "signed_in");
    await two.login({ username: "bob", password: PASSWORD });
    await vi.waitFor(() => expect(one.state.user?.id).toBe("bob"));
  });
});

describe("a reload", () => {
  it("fetches the CSRF token again and goes on", async () => {
    const before = await tab();
    await before.login({ username: "ana", password: PASSWORD });
    before.close();
    const after = await tab();
    expect(after.state).toMatchObject({ status: "signed_in", user: { username: "ana" } });
    expect(stub.calls("auth /api/auth/refresh").at(-1)?.headers.get("x-csrf-token")).toBe(`csrf-${stub.cookie!.id}`);
  });

  it("fetches it again where it is another session's", async () => {
    const one = await tab();
    await one.login({ username: "ana", password: PASSWORD });
    stub.cookie!.id = "renamed";
    await one.refresh();
    expect(stub.calls("auth /api/auth/csrf")).toHaveLength(2);
    expect(one.state.status).toBe("signed_in");
  });

  it("tries on while auth-service is away, and tells so", async () => {
    vi.useFakeTimers();
    stub.before = ({ path }) => path.startsWith("auth") ? Promise.reject(new TypeError("Failed to fetch")) : undefined;
    const client = createClient({ authUrl: AUTH, usersUrl: USERS });
    opened.push(client);
    await vi.advanceTimersByTimeAsync(6000);
    expect(client.state).toMatchObject({ status: "unreachable", away: { auth: true } });
    stub.before = () => undefined;
    await vi.advanceTimersByTimeAsync(6000);
    expect(client.state).toMatchObject({ status: "signed_out", away: { auth: false } });
  });
});

describe("a refresh", () => {
  it("is repeated when its answer is lost, and the session goes on", async () => {
    const client = await tab();
    await client.login({ username: "ana", password: PASSWORD });
    stub.before = ({ path }) => path.endsWith("/refresh") && refreshes() === 1
      ? Promise.reject(new TypeError("Failed to fetch")) : undefined;
    await client.refresh();
    expect(refreshes()).toBe(2);
    expect(client.state).toMatchObject({ status: "signed_in", away: { auth: false } });
  });

  it("ends no session when auth-service is overloaded, and comes no sooner than Retry-After says", async () => {
    vi.useFakeTimers();
    const client = await tab();
    await client.login({ username: "ana", password: PASSWORD });
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

  it("comes by itself ahead of expiry", async () => {
    vi.useFakeTimers();
    const client = await tab();
    await client.login({ username: "ana", password: PASSWORD });
    await vi.advanceTimersByTimeAsync(800_000);
    expect(refreshes()).toBe(0);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(refreshes()).toBe(1);
  });

  it("comes within seconds after the machine slept for an hour", async () => {
    vi.useFakeTimers();
    const client = await tab();
    await client.login({ username: "ana", password: PASSWORD });
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(refreshes()).toBe(1);
  });
});

describe("the check for a sign-out elsewhere", () => {
  it("sees it within its interval", async () => {
    vi.useFakeTimers();
    const client = await tab(1000);
    await client.login({ username: "ana", password: PASSWORD });
    await vi.advanceTimersByTimeAsync(5000);
    expect(client.state.status).toBe("signed_in");
    stub.cookie!.over = true;
    await vi.advanceTimersByTimeAsync(1100);
    expect(client.state).toMatchObject({ status: "signed_out", reason: "ended" });
  });

  it("keeps to Retry-After", async () => {
    vi.useFakeTimers();
    const client = await tab(1000);
    await client.login({ username: "ana", password: PASSWORD });
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
    const client = await tab(1000);
    await client.login({ username: "ana", password: PASSWORD });
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
