/** What people read about a refusal. Where nothing fits better it is the service's own sentence. */

import { ApiError } from "authpair-browser";

const WORDS: Partial<Record<string, string>> = {
  invalid_credentials: "That is not right. Check the name and the password.",
  email_unverified: "Prove your address first: we sent you a mail with a link.",
  user_exists: "This user name or address is taken.",
  registration_closed: "New accounts are not open here.",
  insufficient_scope: "You have no right to see this.",
  token_revoked: "Your session was ended.",
  overloaded: "There is much going on right now. Try again in a moment.",
  internal: "Something went wrong on our side.",
  timeout: "There was no answer in time. Try again.",
};

export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong.";
  if (error.isAway && error.code !== "timeout") return `${nameOf(error.service)} cannot be reached. Try again in a moment.`;
  if (error.code === "invalid_request" && Object.keys(error.fields).length > 0) return "Check what is marked.";
  return WORDS[error.code] ?? error.detail;
}

export function nameOf(service: "auth" | "users"): string {
  return service === "auth" ? "auth-service" : "users-api";
}
