import { useState } from "react";
import { client } from "../../app/client.js";
import { Link } from "../../app/router.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";

/** Says the same for every address, as the service does, so that it does not reveal which addresses have an account. */
export function ForgotPage() {
  const [email, setEmail] = useState("");
  const [isSent, setSent] = useState(false);
  const form = useSubmit(async () => {
    setSent(false);
    await client().fetch("/api/auth/password/forgot", { method: "POST", json: { email } });
    setSent(true);
  }, { not_found: "This service sends no mail. Ask an administrator for a link." });
  return (
    <>
      <div role="status">
        {isSent && (
          <Notice kind="good">
            If an account has this address, a mail with a link is on its way. Look into the folder for unwanted mail as well.
          </Notice>
        )}
      </div>
      <Form submit={form.run}>
        <p>We send you a link with which you can set a new password.</p>
        {form.message && <Notice kind="error">{form.message}</Notice>}
        <Field label="Email" type="email" autoComplete="email" autoFocus required value={email} errors={form.fields["email"]}
          onChange={(value) => { setEmail(value); setSent(false); form.reset(); }} />
        <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Send link</Button></p>
        <p><Link href="/login">Back to the sign-in</Link></p>
      </Form>
    </>
  );
}
