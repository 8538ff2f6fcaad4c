import { useList } from "../../app/use-list.js";
import { Listing } from "../../ui/Listing.js";
import { fetchPage } from "./users.js";
import { UserTable } from "./UserTable.js";

/** One list that grows by the cursor. The first page comes by number. */
export function GrowingList({ searchText }: { searchText: string }) {
  const list = useList("users", searchText, async (cursor, signal) => {
    const page = await fetchPage(searchText, cursor === undefined ? { page: 1 } : { cursor }, signal);
    return { items: page.users, next: page.next_cursor };
  });
  return <Listing list={list} unit="users">{(users) => <UserTable users={users} />}</Listing>;
}
