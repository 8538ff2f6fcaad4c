/** The pages under settings that are not the usual ones: addresses that must be proven, invitations, no mail. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { button, label, newName, openBrowser, PASSWORD, seesUsers, signIn, strictContext } from "./support/browser.js";
import { checkAll } from "./support/check.js";
import { folderOf, isHidden, linkTo, mailingPair, register } from "./support/mail.js";
import { startPair } from "./support/services.js";

const NEW_PASSWORD = "battery staple horse";

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
});

it("where addresses must be proven, an account waits for its link, and the sign-in says so", async () => {
  const strict = await mailingPair({ AUTH_EMAIL_VERIFICATION: "required" });
  const { context, violations } = await strictContext(browser);
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
  expect(violations).toEqual([]);
  await context.close();
  await strict.stop();
});

it("an administrator invites somebody, who makes an account with the link, and sends a password link", async () => {
  const closed = await mailingPair({ AUTH_REGISTRATION: "invite" });
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  const [admin, guest] = [newName(), newName()];
  await closed.create(admin, "users:read users:email users:admin");
  await register(page, closed.web, newName());
  await page.getByText("Registration is closed here.").waitFor();

  await signIn(page, closed.web, admin);
  await page.getByRole("link", { name: "Administration", exact: true }).click();
  await page.getByRole("link", { name: "New user" }).click();
  await page.locator("section", { hasText: "Invite somebody" }).getByLabel("Email").fill(`${guest}@example.com`);
  await button(page, "Send invitation").click();
  await page.getByText(`The invitation to ${guest}@example.com is on its way.`).waitFor();
  const link = await linkTo(folderOf(closed), `${guest}@example.com`, "invite");

  const other = await strictContext(browser);
  const theirs = await other.context.newPage();
  await theirs.goto(link);
  await label(theirs, "Username").waitFor();
  await isHidden(theirs, link);
  await checkAll(theirs, "invite");
  await label(theirs, "Username").fill(guest);
  await label(theirs, "Email").fill("other@example.com");
  await label(theirs, "Password").fill(PASSWORD);
  await button(theirs, "Create account").click();
  await theirs.getByText("Check what is marked.").waitFor();
  await register(theirs, closed.web, guest, "");
  await seesUsers(theirs);
  await theirs.getByRole("link", { name: "My account" }).click();
  await theirs.getByRole("list", { name: "Your sessions" }).waitFor();
  expect(await theirs.getByText("Your address is not confirmed.").count()).toBe(0);

  await page.getByRole("link", { name: "All users" }).click();
  await label(page, "Search by name or address").fill(guest);
  await page.getByRole("link", { name: guest, exact: true }).click();
  await button(page, "Make a password link").click();
  await page.getByText("The link is on its way to the user's address.").waitFor();
  await theirs.goto(await linkTo(folderOf(closed), `${guest}@example.com`, "password-link"));
  await label(theirs, "New password").fill(NEW_PASSWORD);
  await button(theirs, "Set password").click();
  await theirs.getByText("Your new password is set").waitFor();
  await signIn(theirs, closed.web, guest, NEW_PASSWORD);
  expect([...violations, ...other.violations]).toEqual([]);
  await Promise.all([context.close(), other.context.close()]);
  await closed.stop();
});

it("without mail the pages say so, and an administrator is shown a password link once", async () => {
  const silent = await startPair({ AUTH_MAIL: "off" });
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  const [admin, name] = [newName(), newName()];
  await silent.create(admin, "users:read users:email users:admin");
  await silent.create(name, "users:read");
  await page.goto(`${silent.web}/forgot`);
  await label(page, "Email").fill(`${name}@example.com`);
  await button(page, "Send link").click();
  await page.getByText("This service sends no mail. Ask an administrator for a link.").waitFor();
  await signIn(page, silent.web, admin);
  await page.getByRole("link", { name: "Administration", exact: true }).click();
  await page.getByRole("link", { name, exact: true }).click();
  await button(page, "Make a password link").click();
  const link = await page.getByRole("code").or(page.locator("code")).first().textContent();
  await checkAll(page, "password-link");
  const other = await strictContext(browser);
  const theirs = await other.context.newPage();
  await theirs.goto(link!.replace(/^https?:\/\/[^/]+/, silent.web));
  await label(theirs, "New password").fill(NEW_PASSWORD);
  await button(theirs, "Set password").click();
  await theirs.getByText("Your new password is set").waitFor();
  await signIn(theirs, silent.web, name, NEW_PASSWORD);
  expect([...violations, ...other.violations]).toEqual([]);
  await Promise.all([context.close(), other.context.close()]);
  await silent.stop();
});
