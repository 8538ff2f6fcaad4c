import { useState } from "react";
import { client } from "../../app/client.js";
import { navigate } from "../../app/router.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";
import type { AdminUser } from "./api.js";

/** The account has no password: the user sets one with a link, which the page of the user makes. */
export function CreateForm() {
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const form = useSubmit(async () => {
    const made = await client().json<AdminUser>("/api/admin/users", { method: "POST", json: { username, email } });
    navigate(`/admin/user?id=${encodeURIComponent(made.id)}`);
  });
  return (
    <Form submit={form.run}>
      <p>The account begins without a password. On its page you can make a link with which the user sets one.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Username" autoComplete="off" required value={username} onChange={setUsername} errors={form.fields["username"]} />
      <Field label="Email" type="email" autoComplete="off" required value={email} onChange={setEmail} errors={form.fields["email"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Create user</Button></p>
    </Form>
  );
}
