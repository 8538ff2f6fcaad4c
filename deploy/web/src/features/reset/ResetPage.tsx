import { useState } from "react";
import { client } from "../../app/client.js";
import { useLinkForm } from "../../app/link-token.js";
import { Link } from "../../app/router.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";
import { NoLink } from "../../ui/NoLink.js";

export function ResetPage() {
  const [password, setPassword] = useState("");
  const form = useLinkForm(async (token) => {
    await client().fetch("/api/auth/password/reset", { method: "POST", json: { token, new_password: password } });
    setPassword("");
  });
  if (form.isDone) {
    return (
      <>
        <Notice kind="good">Your new password is set, and every session is signed out.</Notice>
        <p><Link href="/login">Sign in</Link></p>
      </>
    );
  }
  if (!form.hasLink) return <><NoLink /><p><Link href="/forgot">Have a new link sent</Link></p></>;
  return (
    <Form submit={form.run}>
      <p>You are signed out everywhere when the new password is set.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="New password" type="password" hint="8 characters at least" autoComplete="new-password" autoFocus required value={password}
        onChange={setPassword} errors={form.fields["new_password"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Set password</Button></p>
      <p><Link href="/forgot">Have a new link sent</Link></p>
    </Form>
  );
}
