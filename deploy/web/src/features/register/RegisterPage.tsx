import { useState } from "react";
import { Link } from "../../app/router.js";
import { useSubmit } from "../../app/use-submit.js";
import { Notice } from "../../ui/index.js";
import { register, RegisterForm, useAccount } from "./RegisterForm.js";

export function RegisterPage() {
  const account = useAccount();
  const [isToProve, setToProve] = useState(false);
  const form = useSubmit(async () => {
    if (!await register(account.value)) setToProve(true);
  });
  if (isToProve) {
    return (
      <>
        <Notice kind="good">We sent a mail to <bdi>{account.value.email}</bdi>. Open the link in it, then sign in.</Notice>
        <p><Link href="/login">Sign in</Link></p>
      </>
    );
  }
  return <><RegisterForm account={account} form={form} /><p>You have one? <Link href="/login">Sign in</Link></p></>;
}
