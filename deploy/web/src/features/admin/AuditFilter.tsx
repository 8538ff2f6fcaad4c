import { useState } from "react";
import { Button, Field, Form, Select } from "../../ui/index.js";

export const FILTERS = ["actor", "subject", "event", "outcome", "from", "to"] as const;
export type Filter = Readonly<Record<(typeof FILTERS)[number], string>>;

const OUTCOMES = [["", "All"], ["success", "Success"], ["refused", "Refused"]] as const;
const NONE: Filter = { actor: "", subject: "", event: "", outcome: "", from: "", to: "" };

interface Props {
  filter: Filter;
  apply: (filter: Filter) => void;
  /** What the service says is wrong with it. */
  fields: Readonly<Record<string, string[]>>;
  /** Fetches the entries of the applied filter again. */
  reload: () => void;
}

export function AuditFilter({ filter, apply, fields, reload }: Props) {
  const [draft, setDraft] = useState(filter);
  const tied = (name: keyof Filter) => ({
    value: draft[name], errors: fields[name], autoComplete: "off", onChange: (value: string) => setDraft({ ...draft, [name]: value }),
  });
  const timed = (name: "from" | "to") => ({
    ...tied(name), value: localTime(draft[name]), onChange: (value: string) => setDraft({ ...draft, [name]: sharedTime(value) }),
  });
  const isApplied = FILTERS.every((name) => draft[name] === filter[name]);
  return (
    <section>
      <h2>Filter</h2>
      <Form submit={() => isApplied ? reload() : apply(draft)}>
        <div className="columns">
          <Field label="Event" hint="Such as user.login, or a group: user.*" {...tied("event")} />
          <Select label="Outcome" options={OUTCOMES} {...tied("outcome")} />
          <Field label="Actor" hint="Who did it: an id, operator, system or anonymous" {...tied("actor")} />
          <Field label="Subject" hint="What it was done to: an id" {...tied("subject")} />
          <Field label="From" type="datetime-local" {...timed("from")} />
          <Field label="To" type="datetime-local" hint="Before this time" {...timed("to")} />
        </div>
        <p className="row">
          <Button type="submit">Show entries</Button>
          <Button type="button" look="plain" onClick={() => apply(NONE)}>Show all</Button>
        </p>
      </Form>
    </section>
  );
}

/** A time of the API, as the input takes it: in the time zone of the browser. */
function localTime(at: string): string {
  const time = new Date(at);
  if (at === "" || Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function sharedTime(local: string): string {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString();
}
