import { useState } from "react";
import { client } from "../../app/client.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";

/** Asks for the current password once: it makes the session fresh and is sent with the change. */
export function PasswordForm({ username }: { username: string }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [isDone, setDone] = useState(false);
  const form = useSubmit(async () => {
    setDone(false);
    await client().changePassword(current, next);
    setCurrent("");
    setNext("");
    setDone(true);
  });
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      {/* For password managers, which file the new password under this name. */}
      <input className="hidden" type="text" autoComplete="username" value={username} readOnly tabIndex={-1} aria-hidden="true" />
      <Field label="Password" type="password" hint="The present one" autoComplete="current-password" required value={current}
        onChange={setCurrent} errors={form.fields["current_password"] ?? form.fields["password"]} />
      <Field label="New password" type="password" hint="8 characters at least" autoComplete="new-password" required value={next}
        onChange={setNext} errors={form.fields["new_password"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Change password</Button></p>
      <p role="status">{isDone && "Your password is changed. Every other session is signed out."}</p>
    </Form>
  );
}
