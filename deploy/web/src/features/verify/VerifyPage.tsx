import { client, useClientState } from "../../app/client.js";
import { useLinkForm } from "../../app/link-token.js";
import { Link } from "../../app/router.js";
import { Button, Form, Notice } from "../../ui/index.js";
import { NoLink } from "../../ui/NoLink.js";

/** For the first address of an account and for a new one. */
export function VerifyPage() {
  const { status } = useClientState();
  const form = useLinkForm(async (token) => {
    await client().fetch("/api/auth/email/verify", { method: "POST", json: { token } });
  }, { user_exists: "Another account has this address by now." });
  const next = status === "signed_in" ? <Link href="/account">To my account</Link> : <Link href="/login">Sign in</Link>;
  if (form.isDone) return <><Notice kind="good">Your address is confirmed.</Notice><p>{next}</p></>;
  if (!form.hasLink) return <><NoLink /><p>{next}</p></>;
  return (
    <Form submit={form.run}>
      <p>This confirms that the address to which we sent the mail is yours.</p>
      {form.message && <Notice kind="error">{form.message} You can have another mail sent on the page of your account.</Notice>}
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Confirm address</Button></p>
    </Form>
  );
}
