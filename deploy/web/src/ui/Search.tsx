import { useEffect, useState } from "react";
import { Field, Form } from "./index.js";

interface Props {
  label: string;
  hint: string;
  sought: string;
  search: (text: string) => void;
}

/** Searches while one types, after a pause. */
export function Search({ label, hint, sought, search }: Props) {
  const [text, setText] = useState(sought);
  useEffect(() => {
    if (text === sought) return;
    const timer = setTimeout(() => search(text), 400);
    return () => clearTimeout(timer);
  });
  return (
    <search>
      <Form submit={() => search(text)}>
        <Field label={label} type="search" autoComplete="off" hint={hint} value={text} onChange={setText} autoFocus={sought !== ""} />
      </Form>
    </search>
  );
}
