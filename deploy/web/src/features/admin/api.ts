/** The calls of `/api/admin`. */

import { ApiError, type Schemas } from "authpair-browser";
import { client } from "../../app/client.js";
import type { Part } from "../../app/use-list.js";

export type AdminUser = Schemas["AdminUserBody"];
export type Entry = Schemas["EntryBody"];
export type Patch = Schemas["UserChangesBody"];

/** A user as it was loaded, with the ETag of that revision. A change of the user sends the ETag back. */
export interface VersionedUser {
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

export async function fetchUser(id: string, signal?: AbortSignal): Promise<VersionedUser> {
  return readUser(await client().fetch(userPath(id), { signal }));
}

/** Changes a user, unless it was changed since it was loaded. */
export async function changeUser({ user, etag }: VersionedUser, json: Patch): Promise<VersionedUser> {
  return readUser(await client().fetch(userPath(user.id), { method: "PATCH", headers: ifMatch(etag), json }));
}

export async function deleteUser({ user, etag }: VersionedUser): Promise<void> {
  await client().fetch(userPath(user.id), { method: "DELETE", headers: ifMatch(etag) });
}

/** Whether the user was changed since it was loaded. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === "precondition_failed";
}

async function readUser(response: Response): Promise<VersionedUser> {
  return { user: await response.json() as AdminUser, etag: response.headers.get("etag") };
}

function ifMatch(etag: string | null): Record<string, string> {
  return etag === null ? {} : { "if-match": etag };
}

function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((one): one is [string, string] => Boolean(one[1]));
  return new URLSearchParams(given).toString();
}
