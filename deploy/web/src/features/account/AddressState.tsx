import { useState } from "react";
import { client } from "../../app/client.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Notice } from "../../ui/index.js";
import type { Me } from "./me.js";

/** Whether the address is proven, and which one waits for its link to be used. */
export function AddressState({ me, keep }: { me: Me; keep: () => void }) {
  const [isSent, setSent] = useState(false);
  const form = useSubmit(async () => {
    setSent(false);
    await client().fetch("/api/auth/email/verification", { method: "POST" });
    setSent(true);
  }, { not_found: "This service sends no mail." });
  if (!me.pending_email && me.email_verified !== false) return null;
  return (
    <>
      <Notice kind="warning">
        {me.pending_email
          ? <p>We sent a link to <bdi>{me.pending_email}</bdi>. Your address changes when that link is used.</p>
          : <p>Your address is not confirmed. The link in the mail that we sent to it confirms it.</p>}
        <p className="row">
          <Button type="button" look="plain" isBusy={form.isBusy} disabled={form.wait > 0} onClick={form.run}>Send the mail again</Button>
          {me.pending_email && <Button type="button" look="plain" onClick={keep}>Keep the present address</Button>}
        </p>
      </Notice>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <p role="status">{isSent && "The mail is on its way, unless one was sent a moment ago."}</p>
    </>
  );
}
