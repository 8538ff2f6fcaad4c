/** A stand-in for both services, as far as the client's rules need one. It answers what `fetch` is called with. */

import { vi } from "vitest";

export const AUTH = "http://localhost:8080";
export const USERS = "http://localhost:8081";

export interface Seen { method: string; path: string; headers: Headers; body: Record<string, unknown> | undefined; credentials: string | undefined }
export type Handler = (seen: Seen) => Response | Promise<Response> | undefined;

interface Session { id: string; user: string; tokens: Set<string>; fresh: Set<string>; over: boolean }

export class Stub {
  readonly seen: Seen[] = [];
  /** Answers before the rules do, where it returns something. */
  before: Handler = () => undefined;
  password = "correct horse battery";
  lifetime = 900;
  /** The browser's cookie. */
  cookie: Session | undefined;
  expired = new Set<string>();
  stale = new Set<string>();
  #numbers = 0;

  constructor() {
    vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
      const { origin, pathname, search } = new URL(url);
      const seen: Seen = {
        method: init.method ?? "GET",
        path: (origin === AUTH ? "auth " : "users ") + pathname + search,
        headers: new Headers(init.headers),
        body: typeof init.body === "string" ? JSON.parse(init.body) as Record<string, unknown> : undefined,
        credentials: init.credentials,
      };
      this.seen.push(seen);
      return await this.before(seen) ?? this.#answer(seen);
    });
  }

  calls(path: string): Seen[] {
    return this.seen.filter((seen) => seen.path.startsWith(path));
  }

  start(user = "ana"): Session {
    this.#numbers += 1;
    return { id: `session-${this.#numbers}`, user, tokens: new Set(), fresh: new Set(), over: false };
  }

  tokens(session: Session, isFresh: boolean): object {
    this.#numbers += 1;
    const payload = btoa(JSON.stringify({ preferred_username: session.user, jti: this.#numbers }));
    const access_token = `h.${payload}.s`;
    session.tokens.add(access_token);
    if (isFresh) session.fresh.add(access_token);
    return {
      access_token, token_type: "Bearer", expires_in: this.lifetime, scope: "users:read", user_id: session.user,
      session_id: session.id, csrf_token: `csrf-${session.id}`,
    };
  }

  readonly #sessions: Session[] = [];

  #answer(seen: Seen): Response {
    const call = `${seen.method} ${seen.path}`;
    if (call === "POST auth /api/auth/login") {
      if (seen.body?.["password"] !== this.password) return problem(401, "invalid_credentials");
      return this.#begin(String(seen.body["username"]));
    }
    if (call === "GET auth /api/auth/csrf") {
      if (!this.cookie) return problem(401, "authorization_header");
      return this.cookie.over ? problem(401, "token_revoked") : json({ csrf_token: `csrf-${this.cookie.id}` });
    }
    const bearer = seen.headers.get("authorization")?.slice(7);
    if (call === "POST auth /api/auth/refresh" || (call === "POST auth /api/auth/logout" && !bearer)) {
      if (!this.cookie) return problem(401, "authorization_header");
      if (this.cookie.over) return problem(401, "token_revoked");
      if (seen.headers.get("x-csrf-token") !== `csrf-${this.cookie.id}`) return problem(403, "csrf_failed");
      if (call.endsWith("refresh")) return json(this.tokens(this.cookie, false));
      return this.#end(this.cookie);
    }
    if (!bearer) return call === "GET users /api/whoami" ? json({ logged_in_as: "anonymous user" }) : problem(401, "authorization_header");
    const session = this.#sessions.find((one) => one.tokens.has(bearer));
    if (!session) return problem(401, "invalid_token");
    if (call === "POST auth /api/auth/logout") return this.#end(session);
    if (this.expired.has(bearer)) return problem(401, "token_expired");
    if (session.over) return problem(401, "token_revoked");
    if (this.stale.has(bearer)) return problem(401, "token_stale");
    if (call === "POST auth /api/auth/reauthenticate") {
      return seen.body?.["password"] === this.password ? json(this.tokens(session, true)) : problem(401, "invalid_credentials");
    }
    const needsFresh = /^((PATCH|DELETE|PUT) auth \/api\/auth\/(me|password)$|\w+ auth \/api\/admin\/)/.test(call);
    if (needsFresh && !session.fresh.has(bearer)) return problem(401, "fresh_token_required");
    if (call === "PUT auth /api/auth/password") {
      this.#end(session);
      return this.#begin(session.user);
    }
    return json({ path: seen.path, user: session.user });
  }

  #begin(user: string): Response {
    this.cookie = this.start(user);
    this.#sessions.push(this.cookie);
    return json(this.tokens(this.cookie, true));
  }

  #end(session: Session): Response {
    session.over = true;
    if (this.cookie === session) this.cookie = undefined;
    return new Response(null, { status: 204 });
  }
}

export function json(body: object, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

export function problem(status: number, error: string, more: object = {}, headers: Record<string, string> = {}): Response {
  const body = JSON.stringify({ type: "about:blank", title: "", status, detail: `about ${error}`, error, ...more });
  return new Response(body, { status, headers: { "content-type": "application/problem+json", ...headers } });
}
