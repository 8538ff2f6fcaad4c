/** The client's types are those of the services that run. */

import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { startPair } from "./support/services.js";

it("the API's types and documents in clients/browser are what the services serve", async () => {
  const pair = await startPair();
  const check = resolve(import.meta.dirname, "../../../clients/browser/check-types.mjs");
  const env = { ...process.env, AUTH_URL: pair.auth, USERS_URL: pair.users };
  const { stdout } = await promisify(execFile)(process.execPath, [check], { env }).finally(() => pair.stop());
  expect(stdout).toContain("up to date");
});
