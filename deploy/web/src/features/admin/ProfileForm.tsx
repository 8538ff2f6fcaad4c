import { Button, Field, Form, Notice } from "../../ui/index.js";
import { useDraft } from "./use-draft.js";
import type { Part } from "./UserPage.js";

const FIELDS = {
  username: { label: "Username", action: "Save name", done: "The name is changed." },
  email: { label: "Email", action: "Save address", done: "The address is changed." },
} as const;

/** The user's name or address. */
export function ProfileForm({ loaded, change, name }: Part & { name: keyof typeof FIELDS }) {
  const { label, action, done } = FIELDS[name];
  const form = useDraft(loaded.user[name], (value) => change({ [name]: value }));
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label={label} autoComplete="off" required value={form.value} onChange={form.set} errors={form.fields[name]} />
      <p className="row"><Button type="submit" look="plain" isBusy={form.isBusy} disabled={form.wait > 0 || !form.isChanged}>{action}</Button></p>
      <p role="status">{form.isDone && done}</p>
    </Form>
  );
}
