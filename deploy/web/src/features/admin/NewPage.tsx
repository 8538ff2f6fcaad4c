import { AdminNav } from "./AdminNav.js";
import { CreateForm } from "./CreateForm.js";

export function NewPage() {
  return (
    <>
      <AdminNav />
      <section><h2>Create an account</h2><CreateForm /></section>
    </>
  );
}
