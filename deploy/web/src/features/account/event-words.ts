/** The entries of the audit log about one's own account, in words. */

import type { Schemas } from "authpair-browser";

export type Entry = Schemas["EntryBody"];

/** By event, or by event and reason where the reason says more. docs/security.md says when each occurs. */
const WORDS: Readonly<Record<string, string>> = {
  "user.registered": "Account created",
  "user.imported": "Account taken over from another system",
  "user.login": "Signed in",
  "user.login_failed": "Sign-in refused",
  "user.login_failed wrong_password": "Wrong password",
  "user.login_failed disabled": "Sign-in refused: the account is disabled",
  "user.login_failed credentials_changed": "Sign-in refused: the password was changed at that moment",
  "user.logout": "Signed out",
  "user.logout everywhere": "Signed out everywhere",
  "user.renamed": "User name changed",
  "user.disabled": "Account disabled",
  "user.enabled": "Account enabled",
  "user.unblocked": "Failed sign-ins forgotten",
  "user.deleted": "Account deleted",
  "session.ended": "Session ended",
  "session.ended by_owner": "Session signed out from another one",
  "session.ended reuse": "Session ended: an old token of it was used again",
  "session.ended wrong_passwords": "Session ended after wrong passwords",
  "session.ended session_limit": "Session ended: there were too many",
  "session.reauthenticated": "Password confirmed",
  "password.changed": "Password changed",
  "password.reset_requested": "Link for a new password asked for",
  "password.reset": "New password set with a link",
  "email.changed": "Address changed",
  "email.change_requested": "Another address asked for",
  "email.verification_requested": "Mail to confirm the address asked for",
  "email.verified": "Address confirmed",
  "email.reverted": "Old address taken back",
  "email.link_refused": "Link of a mail refused",
  "token.made_stale": "Tokens made out of date",
  "token.reuse_detected": "An old token was used again",
  "token.reuse_detected other_client": "An old token was used again from another place",
  "admin.scopes_changed": "Rights changed",
  "admin.ext_changed": "Additional claims changed",
  "admin.locale_changed": "Language of mails changed",
  "admin.invited": "Invitation sent",
  "admin.refused": "Change by an administrator refused",
  "call.refused": "Call refused",
  "call.refused fresh_token_required": "Refused: the password had to be confirmed first",
  "call.refused user_exists": "Refused: the name or the address is taken",
  "call.refused unauthorized_client": "Refused: a service without the right to do this",
  "limit.reached": "Too many tries",
};

export function eventWords({ event, reason }: Pick<Entry, "event" | "reason">): string {
  return WORDS[`${event} ${reason ?? ""}`] ?? WORDS[event] ?? event;
}

/** Who did it, if it was not the owner of the account. */
export function actorWords({ actor }: Pick<Entry, "actor">): string | undefined {
  if (actor.type === "operator") return "by an operator";
  if (actor.type === "system") return "by the service itself";
  if (actor.type === "client") return "by another service";
  return actor.type === "user" && !actor.id ? "by an administrator" : undefined;
}

/** How many sessions ended with it, and how many refused calls one entry stands for. */
export function countWords(details: unknown): string[] {
  const { sessions, count } = (details ?? {}) as { sessions?: unknown; count?: unknown };
  const words: string[] = [];
  if (typeof count === "number" && count > 1) words.push(`${count} times`);
  if (typeof sessions === "number" && sessions > 0) words.push(sessions === 1 ? "1 session ended" : `${sessions} sessions ended`);
  return words;
}
