import { Button, Field, Form, Notice } from "../../ui/index.js";
import { useDraft } from "./use-draft.js";
import type { Part } from "./UserPage.js";

const MESSAGES = { insufficient_scope: "You can only give scopes that you have yourself." };

export function ScopeForm({ loaded, change }: Part) {
  const form = useDraft(loaded.user.scope, (scope) => change({ scope: scope.split(/\s+/).filter(Boolean).join(" ") }), MESSAGES);
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Scopes" autoComplete="off" hint="With spaces between them, such as users:read users:email" value={form.value}
        onChange={form.set} errors={form.fields["scope"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0 || !form.isChanged}>Save scopes</Button></p>
      <p role="status">{form.isDone && "The scopes are changed. They take effect within a second, and the user stays signed in."}</p>
    </Form>
  );
}
