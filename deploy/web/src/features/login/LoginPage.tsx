import { useState } from "react";
import { ApiError, type ClientState, type MfaChallenge } from "authpair-browser";
import { client, useClientState } from "../../app/client.js";
import { Link } from "../../app/router.js";
import { useSubmit } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";
import { CodeForm } from "./CodeForm.js";

export function LoginPage() {
  const { reason } = useClientState();
  const [challenge, setChallenge] = useState<MfaChallenge>();
  if (challenge) return <CodeForm challenge={challenge} startAgain={() => setChallenge(undefined)} />;
  return <><SignedOut reason={reason} /><PasswordForm goOn={setChallenge} /></>;
}

/** Why a user who was signed in a moment ago is not any more. */
function SignedOut({ reason }: { reason: ClientState["reason"] }) {
  if (reason === "signed_out") return <Notice kind="good">You are signed out.</Notice>;
  if (reason === "deleted") return <Notice kind="good">Your account is deleted.</Notice>;
  if (reason === "ended") {
    return (
      <Notice kind="warning">
        Your session is over: it was ended on another device, or by a new password, or it was too old. Sign in to go on.
      </Notice>
    );
  }
  return null;
}

function PasswordForm({ goOn }: { goOn: (challenge: MfaChallenge) => void }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    try {
      await client().login({ username, password });
    } catch (error) {
      if (!(error instanceof ApiError) || !error.mfa) throw error;
      goOn(error.mfa);
    }
  });
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Username or email" autoComplete="username" autoFocus required value={username} errors={form.fields["username"]}
        onChange={(value) => { setUsername(value); form.reset(); }} />
      <Field label="Password" type="password" autoComplete="current-password" required value={password} errors={form.fields["password"]}
        onChange={setPassword} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Sign in</Button></p>
      <p><Link href="/forgot">Forgot your password?</Link></p>
      <p>No account yet? <Link href="/register">Create one</Link></p>
    </Form>
  );
}
