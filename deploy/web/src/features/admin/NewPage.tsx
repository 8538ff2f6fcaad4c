import { AdminNav } from "./AdminNav.js";
import { CreateForm } from "./CreateForm.js";
import { InviteForm } from "./InviteForm.js";

export function NewPage() {
  return (
    <>
      <AdminNav />
      <section><h2>Create an account</h2><CreateForm /></section>
      <section><h2>Invite somebody</h2><InviteForm /></section>
    </>
  );
}
