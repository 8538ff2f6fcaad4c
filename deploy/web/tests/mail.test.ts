/** The pages that links in mails open. The mails are read from the folder of the sender `file:`. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { button, label, newName, openBrowser, PASSWORD, seesLogin, seesUsers, signIn, stepUp, strictContext } from "./support/browser.js";
import { checkAll } from "./support/check.js";
import { folderOf, isHidden, linkTo, mailingPair, mailsTo, register, watch } from "./support/mail.js";
import type { OwnPair } from "./support/services.js";

const NEW_PASSWORD = "battery staple horse";

let pair: OwnPair;
let browser: Browser;

beforeAll(async () => {
  [pair, browser] = await Promise.all([mailingPair(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await pair?.stop();
});

it("a person who forgot the password follows the link, sets a new one, and every other session is out within a second", async () => {
  const [{ context, violations }, other] = [await strictContext(browser), await strictContext(browser)];
  const [page, theirs] = [await context.newPage(), await other.context.newPage()];
  const name = newName();
  const email = await register(theirs, pair.web, name);
  await seesUsers(theirs);

  await page.goto(`${pair.web}/login`);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByRole("heading", { name: "Forgotten password" }).waitFor();
  await label(page, "Email").fill("no address");
  await button(page, "Send link").click();
  await page.getByText("Check what is marked.").waitFor();
  for (const address of ["nobody@example.com", email]) {
    await label(page, "Email").fill(address);
    await button(page, "Send link").click();
    await page.getByText("If an account has this address, a mail with a link is on its way.").waitFor();
  }
  await checkAll(page, "forgot");

  const link = await linkTo(folderOf(pair), email, "reset");
  expect(link.startsWith(`${pair.web}/reset#token=`)).toBe(true);
  expect(await mailsTo(folderOf(pair), "nobody@example.com", "reset")).toEqual([]);
  const seen = watch(page);
  await page.goto(link);
  await label(page, "New password").waitFor();
  await isHidden(page, link);
  expect(seen.sent).toEqual([]);
  await label(page, "New password").fill("short");
  await button(page, "Set password").click();
  await page.getByText("Check what is marked.").waitFor();
  await checkAll(page, "reset");
  await label(page, "New password").fill(NEW_PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText("Your new password is set").waitFor();
  await seesLogin(theirs, 2000);
  expect(seen).toEqual({ sent: ["/api/auth/password/reset", "/api/auth/password/reset"], referers: [] });

  await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
  await label(page, "Username or email").fill(email);
  await label(page, "Password").fill(NEW_PASSWORD);
  await button(page, "Sign in").click();
  await seesUsers(page);

  // The link is used up; a page that was reloaded has none.
  await page.goto(link);
  await label(page, "New password").fill(NEW_PASSWORD);
  await button(page, "Set password").click();
  await page.getByText("This link is not valid").waitFor();
  await page.reload();
  await page.getByText("This page needs the link of a mail").waitFor();
  await checkAll(page, "no-link");
  expect([...violations, ...other.violations]).toEqual([]);
  await Promise.all([context.close(), other.context.close()]);
});

it("the first address is confirmed, a new one counts when its link is used, and the old one can be taken back", async () => {
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  const name = newName();
  const email = await register(page, pair.web, name);
  await seesUsers(page);
  await page.getByRole("link", { name: "My account" }).click();
  await page.getByText("Your address is not confirmed.").waitFor();
  await checkAll(page, "account-unconfirmed");
  await button(page, "Send the mail again").click();
  await page.getByText("The mail is on its way").waitFor();
  const link = await linkTo(folderOf(pair), email, "verify", 2);
  const seen = watch(page);
  await page.goto(link);
  await button(page, "Confirm address").waitFor();
  await isHidden(page, link);
  expect(seen.sent.filter((path) => path.includes("email"))).toEqual([]);
  await checkAll(page, "verify");
  await button(page, "Confirm address").click();
  await page.getByText("Your address is confirmed.").waitFor();
  await page.getByRole("link", { name: "To my account" }).click();
  await page.getByRole("list", { name: "Your sessions" }).waitFor();
  expect(await page.getByText("Your address is not confirmed.").count()).toBe(0);

  const changed = `changed-${email}`;
  for (const turn of ["keep", "change"]) {
    await label(page, "Email").fill(changed);
    await button(page, "Change address").click();
    await stepUp(page);
    await page.getByText(`We sent a link to ${changed}.`).waitFor();
    expect(await label(page, "Email").inputValue()).toBe(email);
    await linkTo(folderOf(pair), changed, "change", turn === "keep" ? 1 : 2);
    if (turn === "change") break;
    await button(page, "Keep the present address").click();
    await stepUp(page);
    await page.getByText("Your address stays as it is.").waitFor();
    await page.getByText(`We sent a link to ${changed}.`).waitFor({ state: "detached" });
  }
  await checkAll(page, "account-pending");
  await page.goto(await linkTo(folderOf(pair), changed, "change", 2));
  await button(page, "Confirm address").click();
  await page.getByText("Your address is confirmed.").waitFor();
  await page.goto(`${pair.web}/account`);
  await label(page, "Email").waitFor();
  expect(await label(page, "Email").inputValue()).toBe(changed);

  const revert = await linkTo(folderOf(pair), email, "revert");
  const somewhere = await context.newPage();
  await somewhere.goto(revert);
  await button(somewhere, "Take the old address back").waitFor();
  await isHidden(somewhere, revert);
  await checkAll(somewhere, "revert");
  await button(somewhere, "Take the old address back").click();
  await somewhere.getByText("Your account has its old address back").waitFor();
  await seesLogin(page, 2000);
  await label(page, "Username or email").fill(name);
  await label(page, "Password").fill(PASSWORD);
  await button(page, "Sign in").click();
  await page.getByText("That is not right.").waitFor();
  await page.goto(await linkTo(folderOf(pair), email, "reverted"));
  await label(page, "New password").fill(NEW_PASSWORD);
  await button(page, "Set password").click();
  await page.getByText("Your new password is set").waitFor();
  await signIn(page, pair.web, email, NEW_PASSWORD);
  expect(violations).toEqual([]);
  await context.close();
});

it("a second link to the page that is open takes the place of the first, also without a reload", async () => {
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  const email = await register(page, pair.web, newName());
  await seesUsers(page);
  await page.goto(`${pair.web}/verify#token=${"A".repeat(43)}`);
  await button(page, "Confirm address").click();
  await page.getByText("This link is not valid").waitFor();
  const link = await linkTo(folderOf(pair), email, "verify");
  await page.evaluate((hash) => { location.hash = hash; }, link.split("#")[1]!);
  await expect.poll(() => page.url()).not.toContain("#");
  await button(page, "Confirm address").click();
  await page.getByText("Your address is confirmed.").waitFor();
  expect(violations).toEqual([]);
  await context.close();
});
