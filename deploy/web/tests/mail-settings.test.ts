/** The pages under settings that are not the usual ones: addresses that must be proven. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { button, label, newName, openBrowser, PASSWORD, signIn, strictContext } from "./support/browser.js";
import { folderOf, linkTo, mailingPair, register } from "./support/mail.js";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
});

it("where addresses must be proven, an account waits for its link, and the sign-in says so", async () => {
  const strict = await mailingPair({ AUTH_EMAIL_VERIFICATION: "required" });
  const { context, faults } = await strictContext(browser);
  const page = await context.newPage();
  const name = newName();
  const email = await register(page, strict.web, name);
  await page.getByText(`We sent a mail to ${email}.`).waitFor();
  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await label(page, "Username or email").fill(name);
  await label(page, "Password").fill(PASSWORD);
  await button(page, "Sign in").click();
  await page.getByText("Prove your address first: we sent you a mail with a link.").waitFor();
  await page.goto(await linkTo(folderOf(strict), email, "verify"));
  await button(page, "Confirm address").click();
  await page.getByText("Your address is confirmed.").waitFor();
  await signIn(page, strict.web, email);
  expect(faults).toEqual([]);
  await context.close();
  await strict.stop();
});
