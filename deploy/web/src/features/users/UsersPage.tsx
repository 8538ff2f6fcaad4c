import { navigate, useQuery } from "../../app/router.js";
import { Search } from "../../ui/Search.js";
import { GrowingList } from "./GrowingList.js";
import { Pages } from "./Pages.js";

/** What is searched for and how it is shown is in the address, so that it survives a reload and can be sent on. */
export function UsersPage() {
  const query = useQuery();
  const [searchText, isList, page] = [query.get("q") ?? "", query.get("view") === "list", Number(query.get("page") ?? 1)];
  const go = (change: Record<string, string>) => {
    const next = new URLSearchParams({ q: searchText, view: isList ? "list" : "", ...change });
    for (const [name, value] of [...next]) if (value === "" || (name === "page" && value === "1")) next.delete(name);
    navigate(`/users${next.size > 0 ? `?${next.toString()}` : ""}`);
  };
  return (
    <>
      <Search key={searchText} label="Search by name" hint="The beginning of a user name" searchText={searchText} search={(q) => go({ q })} />
      <fieldset className="row">
        <legend className="hidden">Show as</legend>
        <label><input type="radio" name="view" checked={!isList} onChange={() => go({ view: "" })} /> Pages</label>
        <label><input type="radio" name="view" checked={isList} onChange={() => go({ view: "list" })} /> One list</label>
      </fieldset>
      {isList
        ? <GrowingList key={searchText} searchText={searchText} />
        : <Pages searchText={searchText} page={Number.isInteger(page) && page > 0 ? page : 1} go={(to) => go({ page: String(to) })} />}
    </>
  );
}
