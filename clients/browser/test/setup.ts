/** What each test of the client starts with: a stub of both services, and tabs that are closed afterwards. */

import { afterEach, beforeEach, expect, vi } from "vitest";
import { ApiError, createClient, type Client, type ClientOptions } from "../src/index.js";
import { AUTH, Stub, USERS } from "./stub.js";

export const PASSWORD = "correct horse battery";
/** Both services of the running test. */
export let stub: Stub;
let opened: Client[];

beforeEach(() => {
  stub = new Stub();
  opened = [];
});
afterEach(() => {
  for (const client of opened) client.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A new tab, which is still starting. */
export function tab(options: Partial<ClientOptions> = {}): Client {
  const client = createClient({ authUrl: AUTH, usersUrl: USERS, ...options });
  opened.push(client);
  return client;
}

/** A new tab that knows whether a user is signed in. */
export async function readyTab(options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = tab(options);
  await client.ready();
  return client;
}

/** A new tab in which ana has signed in. */
export async function signedIn(options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = await readyTab(options);
  await client.login({ username: "ana", password: PASSWORD });
  return client;
}

/** Answers the calls whose path ends like this, but holds each answer back until the function that is returned is called. */
export function hold(pathEnd: string, answer: () => Response): () => void {
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  stub.before = ({ path }) => {
    if (!path.endsWith(pathEnd)) return undefined;
    const response = answer();
    return held.then(() => response);
  };
  return () => release();
}

/** The error that a call ends with. */
export async function rejection(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(() => undefined, (error: unknown) => error);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

/** The `Authorization` header of the last call of this path. */
export function token(path: string): string | null {
  return stub.calls(path).at(-1)?.headers.get("authorization") ?? null;
}

export const refreshes = (): number => stub.calls("auth /api/auth/refresh").length;
