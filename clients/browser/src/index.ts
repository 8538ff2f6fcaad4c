export { createClient, type Client, type ClientOptions, type Login, type NewAccount, type SecondFactor } from "./client.js";
export { ApiError, type ErrorCode, type MfaChallenge, type Service } from "./errors.js";
export type { RequestOptions, StepUp, StepUpHandler } from "./requests.js";
export type { ClientState, SignedInUser } from "./state.js";
export type { SignOutReason } from "./channel.js";
export type { Schemas } from "./types.js";
