/** The calls of `/api/admin`. */

import { ApiError, type Schemas } from "authpair-browser";
import { client } from "../../app/client.js";
import type { Part } from "../../app/use-list.js";

export type AdminUser = Schemas["AdminUserBody"];
export type Entry = Schemas["EntryBody"];
export type Patch = Schemas["UserChangesBody"];

/** A user as somebody sees it, with the tag that its changes are bound to. */
export interface Seen {
  user: AdminUser;
  etag: string | null;
}

export const userPath = (id: string) => `/api/admin/users/${encodeURIComponent(id)}`;

export async function fetchUsers(
  filter: { q: string; status: string }, cursor: string | undefined, signal: AbortSignal | undefined,
): Promise<Part<AdminUser>> {
  const query = queryOf({ ...filter, cursor, per_page: "20" });
  const page = await client().json<Schemas["UsersBody"]>(`/api/admin/users?${query}`, { signal });
  return { items: page.users, next: page.next_cursor };
}

export async function fetchEntries(
  filter: Readonly<Record<string, string>>, cursor: string | undefined, signal: AbortSignal | undefined,
): Promise<Part<Entry>> {
  const query = queryOf({ ...filter, cursor, per_page: "20" });
  const page = await client().json<Schemas["AuditPageBody"]>(`/api/admin/audit?${query}`, { signal });
  return { items: page.entries, next: page.next_cursor };
}

export async function fetchUser(id: string, signal?: AbortSignal): Promise<Seen> {
  return seen(await client().fetch(userPath(id), { signal }));
}

/** Changes a user that is still as it was seen. */
export async function changeUser({ user, etag }: Seen, json: Patch): Promise<Seen> {
  return seen(await client().fetch(userPath(user.id), { method: "PATCH", headers: ifMatch(etag), json }));
}

export async function deleteUser({ user, etag }: Seen): Promise<void> {
  await client().fetch(userPath(user.id), { method: "DELETE", headers: ifMatch(etag) });
}

/** Whether somebody else changed the user since it was seen. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === "precondition_failed";
}

async function seen(response: Response): Promise<Seen> {
  return { user: await response.json() as AdminUser, etag: response.headers.get("etag") };
}

function ifMatch(etag: string | null): Record<string, string> {
  return etag === null ? {} : { "if-match": etag };
}

function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((one): one is [string, string] => Boolean(one[1]));
  return new URLSearchParams(given).toString();
}
