import { useState } from "react";
import { client } from "../../app/client.js";
import type { Submission } from "../../app/use-submit.js";
import { Button, Field, Form, Notice } from "../../ui/index.js";

interface NewAccount { username: string; email: string; password: string }

export interface AccountDraft {
  value: NewAccount;
  set(change: Partial<NewAccount>): void;
}

export function useAccount(): AccountDraft {
  const [value, setValue] = useState<NewAccount>({ username: "", email: "", password: "" });
  return { value, set: (change) => setValue({ ...value, ...change }) };
}

/** Registers and signs in. If only the sign-in fails, the account was made: the person signs in at the sign-in page. */
export async function register(account: NewAccount & { invite_token?: string }): Promise<"signed_in" | "to_prove" | "to_sign_in"> {
  const made = await client().register(account);
  if (made === undefined) return "to_prove";
  const login = client().login({ username: account.username, password: account.password });
  return login.then(() => "signed_in" as const, () => "to_sign_in" as const);
}

export function RegisterForm({ account, form, emailHint }: { account: AccountDraft; form: Submission; emailHint?: string }) {
  const { value, set } = account;
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <Field label="Username" autoComplete="username" autoFocus required value={value.username} errors={form.fields["username"]}
        onChange={(username) => set({ username })} />
      <Field label="Email" type="email" autoComplete="email" required hint={emailHint} value={value.email} errors={form.fields["email"]}
        onChange={(email) => set({ email })} />
      <Field label="Password" type="password" autoComplete="new-password" required hint="8 characters at least" value={value.password}
        onChange={(password) => set({ password })} errors={form.fields["password"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0}>Create account</Button></p>
    </Form>
  );
}
