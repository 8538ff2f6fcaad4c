import { useState } from "react";
import { client } from "../../app/client.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";

const MESSAGES = {
  not_found: "This service sends no mail.",
  registration_closed: "Registration is closed. Invitations do not work.",
  user_exists: "An account has this address.",
};

export function InviteForm() {
  const [email, setEmail] = useState("");
  const [sentTo, setSentTo] = useState<string>();
  const form = useSubmit(async () => {
    setSentTo(undefined);
    await client().fetch("/api/admin/invites", { method: "POST", json: { email } });
    setSentTo(email);
    setEmail("");
  }, MESSAGES);
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Email" type="email" autoComplete="off" hint="The person gets a mail with a link to create an account"
        value={email} onChange={setEmail} errors={form.fields["email"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0 || email === ""}>Send invitation</Button></p>
      <p role="status">{sentTo !== undefined && <>The invitation to <bdi>{sentTo}</bdi> is on its way.</>}</p>
    </Form>
  );
}
