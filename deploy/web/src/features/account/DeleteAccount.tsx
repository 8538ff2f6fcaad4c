import { client } from "../../app/client.js";
import { askPassword } from "../../app/step-up.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Notice } from "../../ui/index.js";

export function DeleteAccount() {
  const form = useSubmit(async () => {
    // Asked even if the token is fresh: this cannot be undone.
    const proof = await askPassword({ error: undefined });
    if (!proof) return;
    await client().reauthenticate(proof);
    await client().deleteAccount();
  });
  return (
    <>
      <p>Your account and all of its sessions are removed at once. This cannot be taken back.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <p className="row"><Button type="button" look="danger" isBusy={form.isBusy} onClick={form.run}>Delete my account</Button></p>
    </>
  );
}
