import { useState } from "react";
import { client } from "../../app/client.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";
import { userPath, type Patch } from "./api.js";
import type { Part } from "./UserPage.js";

/** Whether the user may sign in. */
export function Access({ loaded, change }: Part) {
  const [status, setStatus] = useState("");
  const isDisabled = Boolean(loaded.user.disabled);
  const save = async (patch: Patch) => {
    setStatus("");
    await change(patch);
    setStatus(isDisabled ? "The user is enabled." : "The user is disabled, and every session is over.");
  };
  return (
    <>
      {isDisabled ? <Enable save={save} /> : <Disable save={save} />}
      <p role="status">{status}</p>
      <Unblock id={loaded.user.id} />
    </>
  );
}

interface Save { save: (patch: Patch) => Promise<void> }

function Disable({ save }: Save) {
  const [reason, setReason] = useState("");
  const form = useSubmit(() => save({ disabled: reason.trim() === "" ? {} : { reason: reason.trim() } }));
  return (
    <Form submit={form.run}>
      <p>A user who is disabled cannot sign in. All sessions end at once.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Reason" autoComplete="off" hint="For other administrators; the user does not see it" value={reason} onChange={setReason}
        errors={form.fields["reason"] ?? form.fields["disabled"]} />
      <p className="row"><Button type="submit" look="danger" isBusy={form.isBusy} disabled={form.wait > 0}>Disable</Button></p>
    </Form>
  );
}

function Enable({ save }: Save) {
  const form = useSubmit(() => save({ disabled: null }));
  return (
    <>
      <p>This user is disabled and cannot sign in.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <p className="row"><Button type="button" isBusy={form.isBusy} disabled={form.wait > 0} onClick={form.run}>Enable</Button></p>
    </>
  );
}

function Unblock({ id }: { id: string }) {
  const [isDone, setDone] = useState(false);
  const form = useSubmit(async () => {
    await client().fetch(`${userPath(id)}/unblock`, { method: "POST" });
    setDone(true);
  });
  return (
    <>
      <p>After many wrong passwords sign-ins have to wait, until the failed ones are forgotten.</p>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <p className="row"><Button type="button" look="plain" isBusy={form.isBusy} disabled={form.wait > 0} onClick={form.run}>Unblock</Button></p>
      <p role="status">{isDone && "The failed sign-ins are forgotten."}</p>
    </>
  );
}
