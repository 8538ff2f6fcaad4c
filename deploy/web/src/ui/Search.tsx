import { useEffect, useState } from "react";
import { Field, Form } from "./index.js";

interface Props {
  label: string;
  hint: string;
  searchText: string;
  search: (text: string) => void;
}

/** Searches while one types, after a pause. */
export function Search({ label, hint, searchText, search }: Props) {
  const [text, setText] = useState(searchText);
  useEffect(() => {
    if (text === searchText) return;
    const timer = setTimeout(() => search(text), 400);
    return () => clearTimeout(timer);
  });
  return (
    <search>
      <Form submit={() => search(text)}>
        <Field label={label} type="search" autoComplete="off" hint={hint} value={text} onChange={setText} autoFocus={searchText !== ""} />
      </Form>
    </search>
  );
}
