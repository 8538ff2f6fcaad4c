import { useState } from "react";
import { Link, navigate } from "../../app/router.js";
import { useSubmit } from "../../app/use-submit.js";
import { Notice } from "../../ui/index.js";
import { register, RegisterForm, useAccount } from "./RegisterForm.js";

export function RegisterPage() {
  const account = useAccount();
  const [isToProve, setToProve] = useState(false);
  const form = useSubmit(async () => {
    const made = await register(account.value);
    if (made === "to_prove") setToProve(true);
    if (made === "to_sign_in") navigate("/login", true);
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
