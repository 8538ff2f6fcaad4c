import { useEffect, useState } from "react";
import { navigate, useQuery } from "../../app/router.js";
import { Field, Form } from "../../ui/index.js";
import { Endless } from "./Endless.js";
import { Pages } from "./Pages.js";

/** What is searched for and how it is shown is in the address, so that it survives a reload and can be sent on. */
export function UsersPage() {
  const query = useQuery();
  const [sought, isList, page] = [query.get("q") ?? "", query.get("view") === "list", Number(query.get("page") ?? 1)];
  const go = (change: Record<string, string>) => {
    const next = new URLSearchParams({ q: sought, view: isList ? "list" : "", ...change });
    for (const [name, value] of [...next]) if (value === "" || (name === "page" && value === "1")) next.delete(name);
    navigate(`/users${next.size > 0 ? `?${next.toString()}` : ""}`);
  };
  return (
    <>
      <Search key={sought} sought={sought} search={(q) => go({ q })} />
      <fieldset className="row">
        <legend className="hidden">Show as</legend>
        <label><input type="radio" name="view" checked={!isList} onChange={() => go({ view: "" })} /> Pages</label>
        <label><input type="radio" name="view" checked={isList} onChange={() => go({ view: "list" })} /> One list</label>
      </fieldset>
      {isList
        ? <Endless key={sought} sought={sought} />
        : <Pages sought={sought} page={Number.isInteger(page) && page > 0 ? page : 1} go={(to) => go({ page: String(to) })} />}
    </>
  );
}

/** Searches while one types, after a pause. */
function Search({ sought, search }: { sought: string; search: (text: string) => void }) {
  const [text, setText] = useState(sought);
  useEffect(() => {
    if (text === sought) return;
    const timer = setTimeout(() => search(text), 400);
    return () => clearTimeout(timer);
  });
  return (
    <search>
      <Form submit={() => search(text)}>
        <Field label="Search by name" type="search" autoComplete="off" hint="The beginning of a user name" value={text} onChange={setText}
          autoFocus={sought !== ""} />
      </Form>
    </search>
  );
}
