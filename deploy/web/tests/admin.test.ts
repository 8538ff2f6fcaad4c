/** The pages of administrators: on the running pair, by somebody whom the command line made an administrator. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { button, label, newName, openBrowser, PASSWORD, registered, registerMany, seesLogin, signIn, stepUp, strictContext } from "./support/browser.js";
import { checkAll } from "./support/check.js";
import { startPair, type OwnPair } from "./support/services.js";

const ADMIN = "users:read users:email users:admin";
const MARKUP = "<img src=x onerror=alert(1)>";

let pair: OwnPair;
let browser: Browser;

beforeAll(async () => {
  [pair, browser] = await Promise.all([startPair(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await pair?.stop();
});

async function administrator(): Promise<string> {
  const name = await registered(pair.auth);
  await pair.command("users", "scopes", name, ADMIN);
  return name;
}

/** Opens the page of a user by search, as an administrator who is signed in. */
async function openUser(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Administration", exact: true }).click();
  await label(page, "Search by name or address").fill(name);
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { name, level: 2 }).waitFor();
}

it("an administrator finds a user, changes rights while the user stays signed in, disables, ends sessions, deletes, and the log has it all", async () => {
  await registerMany(pair.auth, 21);
  const [name, admin] = [await registered(pair.auth), await administrator()];
  const { context, violations } = await strictContext(browser);
  const other = await strictContext(browser);
  const [page, theirs] = [await context.newPage(), await other.context.newPage()];
  await signIn(theirs, pair.web, name);
  await signIn(page, pair.web, admin);

  await page.getByRole("link", { name: "Administration", exact: true }).click();
  await page.getByText("20 users shown").waitFor();
  await button(page, "Load more").click();
  await page.getByText("23 users shown, that is all").waitFor();
  await label(page, "Status").selectOption("disabled");
  await page.getByText("There is no such user.").waitFor();
  await label(page, "Status").selectOption("");
  await openUser(page, name);

  await label(page, "Scopes").fill("users:read");
  await button(page, "Save scopes").click();
  await page.getByText("The scopes are changed.").waitFor();
  // The user goes on without a sign-in, and sees no addresses of others any more.
  await theirs.waitForTimeout(1500);
  await theirs.goto(`${pair.web}/users?q=${admin}`);
  await theirs.getByText("not shown").first().waitFor();

  const renamed = newName();
  await label(page, "Username").fill(renamed);
  await button(page, "Save name").click();
  await page.getByText("The name is changed.").waitFor();
  await page.getByRole("heading", { name: renamed, level: 2 }).waitFor();
  await label(page, "Additional claims").fill("no object");
  await button(page, "Save claims").click();
  await page.getByText("is not a JSON object").waitFor();
  await label(page, "Additional claims").fill('{"plan":"pro"}');
  await button(page, "Save claims").click();
  await page.getByText("The claims are changed.").waitFor();
  await page.reload();
  await stepUp(page);
  await page.getByRole("heading", { name: renamed, level: 2 }).waitFor();
  expect(JSON.parse(await label(page, "Additional claims").inputValue())).toEqual({ plan: "pro" });

  await page.getByRole("list", { name: "Sessions of this user" }).getByRole("button", { name: /^Sign out/ }).click();
  await seesLogin(theirs, 2000);
  await page.getByText("There is no session.").waitFor();
  await signIn(theirs, pair.web, renamed);
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByRole("list", { name: "Sessions of this user" }).waitFor();
  await button(page, "End all sessions").click();
  await page.getByText("1 session ended.").waitFor();
  await seesLogin(theirs, 2000);

  await label(page, "Reason").fill(MARKUP);
  await button(page, "Disable").click();
  await page.getByText("The user is disabled, and every session is over.").waitFor();
  await page.getByRole("definition").getByText(MARKUP).waitFor();
  await label(theirs, "Username or email").fill(renamed);
  await label(theirs, "Password").fill(PASSWORD);
  await button(theirs, "Sign in").click();
  await theirs.getByText("That is not right.").waitFor();
  await button(page, "Enable").click();
  await page.getByText("The user is enabled.").waitFor();
  await button(page, "Unblock").click();
  await page.getByText("The failed sign-ins are forgotten.").waitFor();
  await signIn(theirs, pair.web, renamed);
  // The user sees only that an administrator did it, not who it was and why.
  await theirs.goto(`${pair.web}/account`);
  const activity = theirs.getByRole("list", { name: "Your activity" });
  await activity.getByRole("listitem").filter({ hasText: /^Account disabled.*by an administrator/ }).waitFor();
  expect(await activity.textContent()).not.toContain(MARKUP);

  await page.getByRole("link", { name: "What happened to this account" }).click();
  const entries = page.getByRole("list", { name: "Entries" });
  for (const event of ["admin.scopes_changed", "admin.ext_changed", "session.ended", "user.disabled", "user.enabled"]) {
    await entries.getByText(event, { exact: true }).first().waitFor();
  }
  await label(page, "Event").fill("user.*");
  await label(page, "Outcome").selectOption("refused");
  await button(page, "Show entries").click();
  await entries.getByText("user.login_failed", { exact: true }).waitFor();
  expect(await entries.getByText("user.enabled", { exact: true }).count()).toBe(0);
  expect(new URL(page.url()).searchParams.get("event")).toBe("user.*");
  await label(page, "Event").fill("no event");
  await button(page, "Show entries").click();
  await page.getByText("Check what is marked.").waitFor();
  expect(await label(page, "Event").getAttribute("aria-invalid")).toBe("true");
  await button(page, "Show all").click();
  await entries.getByText("user.registered", { exact: true }).first().waitFor();

  await openUser(page, renamed);
  await button(page, "Delete this user").click();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await button(page, "Delete this user").click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("is deleted.").waitFor();
  await seesLogin(theirs, 2000);
  expect([...violations, ...other.violations]).toEqual([]);
  await Promise.all([context.close(), other.context.close()]);
}, 180_000);

it("a change by somebody else in the meantime is reported, and what is stored then is shown", async () => {
  const [name, admin] = [await registered(pair.auth), await administrator()];
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  await signIn(page, pair.web, admin);
  await openUser(page, name);
  await pair.command("users", "scopes", name, "users:email");
  await label(page, "Scopes").fill("users:read");
  await button(page, "Save scopes").click();
  await page.getByText("Somebody else changed this meanwhile.").waitFor();
  expect(await label(page, "Scopes").inputValue()).toBe("users:email");
  await label(page, "Scopes").fill("users:read");
  await button(page, "Save scopes").click();
  await page.getByText("The scopes are changed.").waitFor();

  await pair.command("users", "scopes", name, "users:email");
  await button(page, "Delete this user").click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("Somebody else changed this meanwhile.").waitFor();
  expect(await label(page, "Scopes").inputValue()).toBe("users:email");
  expect(violations).toEqual([]);
  await context.close();
});

it("a user who is no administrator sees no link and no page of administration, and an administrator gives no scope that they lack", async () => {
  const [name, admin] = [await registered(pair.auth), await registered(pair.auth)];
  await pair.command("users", "scopes", admin, "users:admin users:read");
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  await signIn(page, pair.web, name);
  expect(await page.getByRole("link", { name: "Administration" }).count()).toBe(0);
  const called: string[] = [];
  page.on("request", (request) => { if (request.url().includes("/api/admin")) called.push(request.url()); });
  for (const path of ["/admin", "/admin/user?id=1", "/admin/audit"]) {
    await page.goto(pair.web + path);
    await page.getByText("You have no right to see this page.").waitFor();
  }
  expect(called).toEqual([]);
  await button(page, "Sign out").click();
  await signIn(page, pair.web, admin);
  await openUser(page, name);
  await label(page, "Scopes").fill("users:read users:email users:admin");
  await button(page, "Save scopes").click();
  await page.getByText("The scopes are changed.").waitFor();
  const third = await registered(pair.auth);
  await pair.command("users", "scopes", third, "users:read");
  await openUser(page, third);
  await label(page, "Scopes").fill("users:read users:email");
  await button(page, "Save scopes").click();
  await page.getByText("You can only give scopes that you have yourself.").waitFor();
  await label(page, "Scopes").fill("users:read,users:email");
  await button(page, "Save scopes").click();
  await page.getByText("Check what is marked.").waitFor();
  expect(await label(page, "Scopes").getAttribute("aria-invalid")).toBe("true");
  expect(violations).toEqual([]);
  await context.close();
});

it("the last administrator can be neither demoted, disabled nor deleted, and a password is asked for after a reload", async () => {
  const own = await startPair();
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  const name = await registered(own.auth, newName());
  await own.command("users", "scopes", name, ADMIN);
  await signIn(page, own.web, name);
  await openUser(page, name);
  await label(page, "Scopes").fill("users:read");
  await button(page, "Save scopes").click();
  await page.getByText("This is the last administrator, and there must be one.").waitFor();
  await button(page, "Disable").click();
  await expect.poll(() => page.getByText("This is the last administrator, and there must be one.").count()).toBe(2);
  await button(page, "Delete this user").click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await expect.poll(() => page.getByText("This is the last administrator, and there must be one.").count()).toBe(3);

  await page.goto(`${own.web}/admin`);
  await page.getByRole("dialog", { name: "Confirm that it is you" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("This needs your password again.").waitFor();
  await button(page, "Try again").click();
  await stepUp(page);
  await page.getByText("1 users shown, that is all").waitFor();

  await checkAll(page, "admin");
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("list", { name: "Sessions of this user" }).waitFor();
  await checkAll(page, "admin-user");
  await button(page, "Delete this user").click();
  await page.getByRole("dialog").waitFor();
  await checkAll(page, "admin-delete");
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "New user" }).click();
  await checkAll(page, "admin-new");
  const made = newName();
  await label(page, "Username").fill(made);
  await page.locator("section", { has: page.getByRole("heading", { name: "Create an account" }) }).getByLabel("Email").fill(`${made}@example.com`);
  await button(page, "Create user").click();
  await page.getByRole("heading", { name: made, level: 2 }).waitFor();
  expect(await page.getByRole("definition").allTextContents()).toContain("none");
  await page.getByRole("link", { name: "Audit log" }).click();
  await page.getByRole("list", { name: "Entries" }).waitFor();
  await page.getByText("More about user.login", { exact: true }).first().click();
  await checkAll(page, "admin-audit");
  expect(violations).toEqual([]);
  await context.close();
  await own.stop();
});
