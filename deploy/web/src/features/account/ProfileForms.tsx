import { useState } from "react";
import { client } from "../../app/client.js";
import { askPassword } from "../../app/step-up.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";
import { AddressState } from "./AddressState.js";
import type { Me } from "./me.js";

interface Props { me: Me; changed: (me: Me) => void }

/** Needs a fresh token: where there is none, the client asks for the password and sends the change again. */
export function NameForm({ me, changed }: Props) {
  const [username, setUsername] = useState(me.username);
  const [isDone, setDone] = useState(false);
  const form = useSubmit(async () => {
    setDone(false);
    changed(await client().json<Me>("/api/auth/me", { method: "PATCH", json: { username } }));
    setDone(true);
    // The new name is in the next token.
    await client().refresh();
  });
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Username" autoComplete="username" required value={username} onChange={setUsername} errors={form.fields["username"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0 || username === me.username}>Change name</Button></p>
      <p role="status">{isDone && "Your name is changed."}</p>
    </Form>
  );
}

/** Takes the password with each change, because a new password can be mailed to the address. */
export function AddressForm({ me, changed }: Props) {
  const [email, setEmail] = useState(me.email);
  const [status, setStatus] = useState("");
  const send = async (address: string) => {
    setStatus("");
    const proof = await askPassword({ error: undefined });
    if (!proof) return;
    const json = { email: address, current_password: proof.password };
    const next = await client().json<Me>("/api/auth/me", { method: "PATCH", json, password: proof.password });
    changed(next);
    // Where the service sends mail, the link in it makes the change.
    setEmail(next.email);
    setStatus(next.pending_email ? "" : next.email === me.email ? "Your address stays as it is." : "Your address is changed.");
  };
  const form = useSubmit(() => send(email));
  const keep = useSubmit(() => send(me.email));
  const passwordErrors = form.fields["current_password"];
  return (
    <>
      <AddressState me={me} keep={keep.run} />
      <Form submit={form.run}>
        {keep.message && <Notice kind="error">{keep.message}</Notice>}
        {form.message && <Notice kind="error">{form.message} {passwordErrors?.join("; ")}</Notice>}
        <Field label="Email" type="email" autoComplete="email" required value={email} onChange={setEmail} errors={form.fields["email"]} />
        <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0 || email === me.email}>Change address</Button></p>
        <p role="status">{status}</p>
      </Form>
    </>
  );
}
