import { useState } from "react";
import { client } from "../../app/client.js";
import { Link } from "../../app/router.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";

export function RegisterPage() {
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    await client().register({ username, email, password });
    await client().login({ username, password });
  });
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Username" autoComplete="username" autoFocus required value={username} onChange={setUsername}
        errors={form.fields["username"]} />
      <Field label="Email" type="email" autoComplete="email" required value={email} onChange={setEmail} errors={form.fields["email"]} />
      <Field label="Password" type="password" autoComplete="new-password" required hint="8 characters at least" value={password}
        onChange={setPassword} errors={form.fields["password"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Create account</Button></p>
      <p>You have one? <Link href="/login">Sign in</Link></p>
    </Form>
  );
}
