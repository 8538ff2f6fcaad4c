import { useState } from "react";
import { client } from "../../app/client.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Notice } from "../../ui/index.js";
import { userPath } from "./api.js";

const MESSAGES = {
  user_disabled: "The user is disabled, so a link would not work. Enable the user first.",
  insufficient_scope: "You do not have every right that the user has, so you cannot make a link.",
};

interface Link { reset_url: string; expires_in: number }

/** An administrator never sets a password. The user gets a link, by mail or, where the service sends none, from here. */
export function PasswordLink({ id }: { id: string }) {
  const [link, setLink] = useState<Link | "mailed">();
  const form = useSubmit(async () => {
    setLink(undefined);
    const response = await client().fetch(`${userPath(id)}/password-reset`, { method: "POST" });
    setLink(response.status === 200 ? await response.json() as Link : "mailed");
  }, MESSAGES);
  return (
    <>
      <p>The user sets a new password with a link. Until then the present one counts.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <p className="row"><Button type="button" look="plain" isBusy={form.isBusy} disabled={form.wait > 0} onClick={form.run}>Make a password link</Button></p>
      <div role="status">
        {link === "mailed" && <p>The link is on its way to the user's address.</p>}
        {link && link !== "mailed" && (
          <Notice kind="warning">
            <p>This service sends no mail. Send the user this link privately. It is shown once and
              counts for {Math.round(link.expires_in / 60)} minutes:</p>
            <p><code>{link.reset_url}</code></p>
          </Notice>
        )}
      </div>
    </>
  );
}
