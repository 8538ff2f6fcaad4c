import { useState } from "react";
import type { MfaChallenge } from "authpair-browser";
import { client } from "../../app/client.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";

/** The second factor, where the account has one. */
export function CodeForm({ challenge, startAgain }: { challenge: MfaChallenge; startAgain: () => void }) {
  const [code, setCode] = useState("");
  const form = useSubmit(() => client().completeMfa(challenge, { code }));
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Code" hint="From your authenticator app" inputMode="numeric" autoComplete="one-time-code" autoFocus required
        value={code} onChange={setCode} errors={form.fields["code"]} />
      <p className="row">
        <Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Sign in</Button>
        <Button type="button" look="plain" onClick={startAgain}>Start again</Button>
      </p>
    </Form>
  );
}
