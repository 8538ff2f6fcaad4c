import { describe, expect, it, vi } from "vitest";
import type { Client, ClientOptions } from "../src/index.js";
import { PASSWORD, readyTab, rejection, signedIn, stub, tab, token } from "./setup.js";
import { json, problem } from "./stub.js";

describe("signing in and out", () => {
  it("has the state signed out, then signed in with the user, then signed out again", async () => {
    const client = tab();
    expect(client.state.status).toBe("starting");
    expect((await client.ready()).status).toBe("signed_out");
    expect(client.state.reason).toBeUndefined();
    const statuses: string[] = [];
    client.onChange((state) => statuses.push(state.status));
    await client.login({ username: "ana", password: PASSWORD });
    expect(client.state.user).toMatchObject({ id: "ana", username: "ana", scope: ["users:read"] });
    await client.logout();
    expect(statuses).toEqual(["signed_in", "signed_out"]);
    expect(client.state.reason).toBe("signed_out");
    expect(stub.cookie).toBeUndefined();
  });

  it("resolves to the user, and to nothing where the service names the user only after the address is proven", async () => {
    const client = await readyTab();
    const account = { username: "ana", email: "ana@example.com", password: PASSWORD };
    const user = { id: "1", username: "ana", email: "ana@example.com", created_at: "2026-01-01T00:00:00Z" };
    stub.before = () => json({ message: "User created", user }, 201);
    expect((await client.register(account))?.user).toEqual(user);
    stub.before = () => json({ message: "Check your mail" }, 202);
    expect(await client.register({ ...account, invite_token: "t" })).toBeUndefined();
    expect(stub.calls("auth /api/auth/register")[1]?.body).toEqual({ ...account, invite_token: "t" });
  });

  it("asks for the refresh token in the cookie", async () => {
    await signedIn();
    expect(stub.calls("auth /api/auth/login")[0]).toMatchObject({ credentials: "include", body: { cookie: true } });
  });

  it("signs out by the cookie when the access token has expired", async () => {
    const client = await signedIn();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    await client.logout();
    expect(token("auth /api/auth/logout")).toBeNull();
    expect(stub.cookie).toBeUndefined();
  });

  it("stays signed in when the sign-out does not reach auth-service, and the call fails", async () => {
    const client = await signedIn();
    stub.before = () => Promise.reject(new TypeError("Failed to fetch"));
    expect((await rejection(client.logout())).code).toBe("network");
    expect(client.state.status).toBe("signed_in");
  });

  it("completes a log-in with a second factor, whose token is not in the error's text", async () => {
    const client = await readyTab();
    stub.before = ({ path, body }) => {
      if (path === "auth /api/auth/login") {
        return problem(401, "mfa_required", { mfa_token: "secret-mfa", methods: ["totp"], expires_in: 300 });
      }
      if (path !== "auth /api/auth/login/mfa") return undefined;
      expect(body).toEqual({ mfa_token: "secret-mfa", code: "123456" });
      return json(stub.tokens(stub.start(), true));
    };
    const error = await rejection(client.login({ username: "ana", password: PASSWORD }));
    expect(error.mfa).toEqual({ mfaToken: "secret-mfa", methods: ["totp"], expiresIn: 300 });
    expect(JSON.stringify(error) + String(error) + error.stack).not.toContain("secret-mfa");
    await client.completeMfa(error.mfa!, { code: "123456" });
    expect(client.state.status).toBe("signed_in");
  });

  it("sends a recovery code as the contract names it", async () => {
    const client = await readyTab();
    stub.before = ({ path, body }) => {
      if (path !== "auth /api/auth/login/mfa") return undefined;
      expect(body).toEqual({ mfa_token: "m", recovery_code: "AB12" });
      return json(stub.tokens(stub.start(), true));
    };
    await client.completeMfa({ mfaToken: "m" }, { recoveryCode: "AB12" });
    expect(client.state.status).toBe("signed_in");
  });
});

describe("calls", () => {
  it("carry the token to the two services and accept only paths", async () => {
    const client = await signedIn();
    await client.fetch("/api/users?page=1");
    expect(stub.calls("users /api/users")[0]).toMatchObject({ credentials: "omit" });
    expect(token("users /api/users")).toMatch(/^Bearer h\./);
    await client.fetch("/api/auth/sessions");
    expect(token("auth /api/auth/sessions")).toMatch(/^Bearer h\./);
    for (const url of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "api/users", "", "javascript:1"]) {
      await expect(client.fetch(url), url).rejects.toBeInstanceOf(TypeError);
    }
  });

  it.each(["token_expired", "token_stale"] as const)("refresh once on %s and are repeated", async (code) => {
    const client = await signedIn();
    stub.before = ({ headers, path }) => {
      if (!path.startsWith("users /api/users")) return undefined;
      const sent = headers.get("authorization")?.slice(7) ?? "";
      stub[code === "token_stale" ? "stale" : "expired"].add(stub.calls("auth /api/auth/refresh").length ? "" : sent);
      return undefined;
    };
    expect(await client.json("/api/users")).toMatchObject({ user: "ana" });
    expect(stub.calls("auth /api/auth/refresh")).toHaveLength(1);
    expect(stub.calls("users /api/users")).toHaveLength(2);
  });

  it("are repeated once only", async () => {
    const client = await signedIn();
    stub.before = ({ path }) => path.startsWith("users /api/users") ? problem(401, "token_stale") : undefined;
    expect((await rejection(client.fetch("/api/users"))).code).toBe("token_stale");
    expect(stub.calls("users /api/users")).toHaveLength(2);
  });

  it("that meet an expired token at the same time share one refresh", async () => {
    const client = await signedIn();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    await Promise.all([client.fetch("/api/users"), client.fetch("/api/users/me"), client.fetch("/api/auth/me")]);
    expect(stub.calls("auth /api/auth/refresh")).toHaveLength(1);
  });

  it("see that the session was ended elsewhere", async () => {
    const client = await signedIn();
    stub.cookie!.over = true;
    expect((await rejection(client.fetch("/api/users"))).code).toBe("token_revoked");
    expect(client.state).toMatchObject({ status: "signed_out", reason: "ended" });
  });

  it("that are refused after a sign-out leave the reason of the sign-out as it is", async () => {
    const client = await signedIn();
    let answer!: (response: Response) => void;
    stub.before = ({ path }) => path.startsWith("users /api/users") ? new Promise((done) => { answer = done; }) : undefined;
    const call = rejection(client.fetch("/api/users"));
    await client.logout();
    answer(problem(401, "token_revoked"));
    expect((await call).code).toBe("token_revoked");
    expect(client.state.reason).toBe("signed_out");
    expect(stub.calls("auth /api/auth/refresh")).toHaveLength(0);
  });

  it("wait for the Retry-After of a read, once, and leave longer ones to the caller", async () => {
    const client = await signedIn();
    let wait = "1";
    stub.before = ({ path }) => path.startsWith("users /api/users") && stub.calls("users /api/users").length % 2
      ? problem(503, "overloaded", {}, { "retry-after": wait }) : undefined;
    const began = performance.now();
    await client.fetch("/api/users");
    expect(performance.now() - began).toBeGreaterThan(950);
    wait = "60";
    expect(await rejection(client.fetch("/api/users"))).toMatchObject({ code: "overloaded", retryAfter: 60 });
  });

  it("are refused with code, fields and request id", async () => {
    const client = await signedIn();
    const fields = { username: ["too short"] };
    stub.before = () => problem(400, "invalid_request", { fields }, { "x-request-id": "r1" });
    expect(await rejection(client.register({ username: "", email: "", password: "" })))
      .toMatchObject({ code: "invalid_request", status: 400, fields, requestId: "r1", service: "auth" });
    stub.before = () => new Response("<h1>Bad gateway</h1>", { status: 502 });
    expect(await rejection(client.fetch("/api/users"))).toMatchObject({ code: "unexpected", status: 502, isUnreachable: true });
  });

  it("say which service is unreachable, and that it is back", async () => {
    const client = await signedIn();
    stub.before = ({ path }) => path.startsWith("users") ? Promise.reject(new TypeError("Failed to fetch")) : undefined;
    expect((await rejection(client.fetch("/api/users"))).isUnreachable).toBe(true);
    expect(client.state.unreachable).toEqual({ auth: false, users: true });
    stub.before = () => undefined;
    await client.fetch("/api/users");
    expect(client.state.unreachable).toEqual({ auth: false, users: false });
  });

  it("that the caller aborts end with AbortError", async () => {
    const client = await signedIn();
    vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    }));
    const controller = new AbortController();
    const call = client.fetch("/api/users", { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect(client.state.unreachable.users).toBe(false);
  });
});

describe("step-up", () => {
  const rename = { method: "PATCH", json: { username: "anna" } };

  /** A session whose token is not fresh: it was refreshed after a reload. */
  async function reloaded(options: Partial<ClientOptions> = {}): Promise<Client> {
    (await signedIn()).close();
    return readyTab(options);
  }

  it("asks until the password is right and repeats the call", async () => {
    const typed = ["wrong", PASSWORD];
    const errors: (string | undefined)[] = [];
    const client = await reloaded({
      onStepUp: ({ error }) => { errors.push(error?.code); return Promise.resolve({ password: typed.shift()! }); },
    });
    expect(await client.json("/api/auth/me", rename)).toMatchObject({ user: "ana" });
    expect(errors).toEqual([undefined, "invalid_credentials"]);
    expect(stub.calls("auth /api/auth/me").map((call) => call.body)).toEqual([rename.json, rename.json]);
  });

  it("is asked once for calls at the same time, and not again while the token is fresh", async () => {
    const onStepUp = vi.fn(() => Promise.resolve({ password: PASSWORD }));
    const client = await reloaded({ onStepUp });
    await Promise.all([client.fetch("/api/auth/me", rename), client.fetch("/api/auth/me", rename)]);
    await client.refresh();
    await client.fetch("/api/auth/me", rename);
    expect(onStepUp).toHaveBeenCalledTimes(1);
  });

  it("ends as cancelled when the user gives no password", async () => {
    const client = await reloaded({ onStepUp: () => Promise.resolve(null) });
    expect((await rejection(client.fetch("/api/auth/me", rename))).code).toBe("cancelled");
    expect(client.state.status).toBe("signed_in");
  });

  it("takes the password that the form asked for, and asks for no other", async () => {
    const onStepUp = vi.fn();
    const client = await reloaded({ onStepUp });
    const before = client.state.user!.sessionId;
    await client.changePassword(PASSWORD, "battery staple horse");
    expect(onStepUp).not.toHaveBeenCalled();
    expect(stub.calls("auth /api/auth/reauthenticate").map((call) => call.body)).toEqual([{ password: PASSWORD }]);
    expect(stub.calls("auth /api/auth/password").at(-1)?.body)
      .toEqual({ current_password: PASSWORD, new_password: "battery staple horse" });
    expect(client.state.status).toBe("signed_in");
    expect(client.state.user!.sessionId).not.toBe(before);
    await client.fetch("/api/users");
  });

  it("is asked again when the fresh token became stale", async () => {
    const onStepUp = vi.fn(() => Promise.resolve({ password: PASSWORD }));
    const client = await signedIn({ onStepUp });
    await client.fetch("/api/auth/me", rename);
    const first = token("auth /api/auth/me")!.slice(7);
    // Rights changed: the fresh token and the one of the refresh before are stale.
    await client.refresh();
    await client.fetch("/api/users");
    for (const sent of [first, token("users /api/users")!.slice(7)]) stub.stale.add(sent);
    expect(await client.json("/api/auth/me", rename)).toMatchObject({ user: "ana" });
    expect(onStepUp).toHaveBeenCalledTimes(1);
    const sent = stub.calls("auth /api/auth/me").map((call) => call.headers.get("authorization")!.slice(7));
    // Once while it was good, and once to find out.
    expect(sent.filter((one) => one === first)).toHaveLength(2);
  });

  it("sends the kept fresh token first where administration is called, and the session's own when that one is stale", async () => {
    const client = await signedIn();
    await client.refresh();
    await client.fetch("/api/admin/users");
    expect(stub.calls("auth /api/admin/users")).toHaveLength(1);
    // The kept token is stale: the session's own is tried, which is not fresh.
    stub.stale.add(token("auth /api/admin/users")!.slice(7));
    expect((await rejection(client.fetch("/api/admin/users"))).code).toBe("fresh_token_required");
    expect(stub.calls("auth /api/admin/users")).toHaveLength(3);
  });

  it("is not asked after a wrong present password: the form shows the error", async () => {
    const onStepUp = vi.fn();
    const client = await reloaded({ onStepUp });
    expect((await rejection(client.changePassword("wrong", "battery staple horse"))).code).toBe("invalid_credentials");
    expect(onStepUp).not.toHaveBeenCalled();
  });
});

it("no token is logged, nor in the state", async () => {
  const logged: unknown[] = [];
  for (const name of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, name).mockImplementation((...all) => { logged.push(all); });
  }
  const client = await signedIn();
  await client.fetch("/api/users");
  stub.before = () => problem(500, "internal");
  await rejection(client.fetch("/api/users"));
  expect(logged).toEqual([]);
  expect(JSON.stringify(client.state)).not.toMatch(/h\.|csrf/);
  expect(JSON.stringify(client)).not.toMatch(/h\.|csrf/);
});
