/** The messages that people read about errors. An error without a message here shows the service's own sentence. */

import { ApiError, type ErrorCode } from "authpair-browser";

export type Messages = Readonly<Partial<Record<ErrorCode, string>>>;

const MESSAGES: Messages = {
  invalid_credentials: "That is not right. Check the name and the password.",
  email_unverified: "Prove your address first: we sent you a mail with a link.",
  user_exists: "This user name or address is taken.",
  registration_closed: "Registration is closed here.",
  insufficient_scope: "You have no right to do this.",
  last_administrator: "This is the last administrator, and there must be one. Make somebody else an administrator first.",
  precondition_failed: "Somebody else changed this meanwhile. What is shown now is the newest: check it and try again.",
  link_invalid: "This link is not valid: it was used already, it is too old, or it is not complete.",
  token_revoked: "Your session was ended.",
  overloaded: "The service is busy right now. Try again in a moment.",
  internal: "Something went wrong on our side.",
  cancelled: "This needs your password again.",
  timeout: "There was no answer in time. Try again.",
};

/** `messages` come first. */
export function messageOf(error: unknown, messages: Messages = {}): string {
  if (!(error instanceof ApiError)) return "Something went wrong.";
  if (error.isUnreachable && error.code !== "timeout") return `${nameOf(error.service)} cannot be reached. Try again in a moment.`;
  if (error.code === "invalid_request" && Object.keys(error.fields).length > 0) return "Check what is marked.";
  return messages[error.code] ?? MESSAGES[error.code] ?? error.detail;
}

export function nameOf(service: "auth" | "users"): string {
  return service === "auth" ? "auth-service" : "users-api";
}
