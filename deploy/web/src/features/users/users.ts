import type { Schemas } from "authpair-browser";
import { client } from "../../app/client.js";

export type User = Schemas["User"];
export type UserPage = Schemas["UserPage"];

const PER_PAGE = "20";

export function fetchPage(searchText: string, from: { page: number } | { cursor: string }, signal?: AbortSignal): Promise<UserPage> {
  const query = new URLSearchParams({ per_page: PER_PAGE });
  for (const [name, value] of Object.entries(from)) query.set(name, String(value));
  if (searchText !== "") query.set("username", searchText);
  return client().json<UserPage>(`/api/users?${query.toString()}`, signal ? { signal } : {});
}
