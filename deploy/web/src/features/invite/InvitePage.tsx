import { useLinkForm } from "../../app/link-token.js";
import { navigate } from "../../app/router.js";
import { NoLink } from "../../ui/NoLink.js";
import { RegisterForm, register, useAccount } from "../register/RegisterForm.js";

export function InvitePage() {
  const account = useAccount();
  const form = useLinkForm(async (token) => {
    const made = await register({ ...account.value, invite_token: token });
    navigate(made === "signed_in" ? "/users" : "/login", true);
  });
  if (!form.hasLink) return <NoLink />;
  return <RegisterForm account={account} form={form} emailHint="The address to which the invitation was sent" />;
}
