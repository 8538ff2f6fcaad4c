import { client } from "../../app/client.js";
import { useData } from "../../app/use-data.js";
import { Failure } from "../../ui/Failure.js";
import { Activity } from "./Activity.js";
import { DeleteAccount } from "./DeleteAccount.js";
import type { Me } from "./me.js";
import { PasswordForm } from "./PasswordForm.js";
import { AddressForm, NameForm } from "./ProfileForms.js";
import { Sessions } from "./Sessions.js";

export function AccountPage() {
  const { data, error, isLoading, reload, set } = useData("auth", "me", (signal) =>
    client().json<Me>("/api/auth/me", { signal }));
  if (!data && isLoading) return <p className="quiet" role="status">Loading…</p>;
  if (!data) return <Failure error={error} retry={reload} />;
  return (
    <>
      <section><h2>Name</h2><NameForm me={data} changed={set} /></section>
      <section><h2>Address</h2><AddressForm me={data} changed={set} /></section>
      <section><h2>Password</h2><PasswordForm username={data.username} /></section>
      <section><h2>Sessions</h2><Sessions /></section>
      <section><h2>Activity</h2><Activity /></section>
      <section><h2>Delete the account</h2><DeleteAccount /></section>
    </>
  );
}
