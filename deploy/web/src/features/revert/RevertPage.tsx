import { client } from "../../app/client.js";
import { useLinkForm } from "../../app/link-token.js";
import { Button, Form, Notice } from "../../ui/index.js";
import { NoLink } from "../../ui/NoLink.js";

/** For the owner of an account whose address another person changed. */
export function RevertPage() {
  const form = useLinkForm(async (token) => {
    await client().fetch("/api/auth/email/revert", { method: "POST", json: { token } });
  });
  if (form.isDone) {
    return (
      <Notice kind="good">
        Your account has its old address back, and every session is signed out. A mail with a link for a new password is on its way to
        that address. Until you have set a new password, no password signs in.
      </Notice>
    );
  }
  if (!form.hasLink) return <NoLink />;
  return (
    <Form submit={form.run}>
      <p>The address of your account was changed. If you did not do that, take the old address back: then every session is signed out, and
        you need a new password, for which we send you a mail.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Take the old address back</Button></p>
    </Form>
  );
}
