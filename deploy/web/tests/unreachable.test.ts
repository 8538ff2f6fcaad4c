/** One service stops while the other serves on, and comes back. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, registered, registerMany, seesUsers, signIn, strictContext } from "./support/browser.js";
import { servePages } from "./support/server.js";
import { freePort, startApart, type Apart } from "./support/services.js";

let services: Apart;
let browser: Browser;
let web: string;
let closePages: () => Promise<void>;

beforeAll(async () => {
  const pages = await freePort();
  web = `http://localhost:${pages}`;
  [services, browser] = await Promise.all([startApart(web), openBrowser()]);
  closePages = await servePages(pages, () => ({
    authUrl: `http://localhost:${services.authPort}`, usersUrl: `http://localhost:${services.usersPort}`,
  }));
  await registerMany(services.auth, 25);
});
afterAll(async () => {
  await browser?.close();
  await closePages?.();
  await services?.stop();
});

it("auth-service stops: users are served on, the account says that it cannot be reached, and all goes on when it is back", async () => {
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  await signIn(page, web, await registered(services.auth));
  await services.authProgram.stop();

  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2 of 2").waitFor();
  await page.getByRole("link", { name: "My account" }).click();
  await page.getByRole("heading", { name: "auth-service cannot be reached" }).waitFor();
  await page.getByText("You stay signed in and can look at users").waitFor();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByText("You are still signed in.").waitFor();
  await page.getByRole("link", { name: "Users" }).click();
  await page.getByText(/^Page 1 of/).waitFor();
  await page.getByRole("link", { name: "My account" }).click();

  // A page that is loaded now cannot know whether somebody is signed in: it says so and shows no sign-in form.
  const second = await browser.newContext({ storageState: await context.storageState() });
  const loaded = await second.newPage();
  await loaded.goto(`${web}/users`);
  await loaded.getByRole("heading", { name: "auth-service cannot be reached", level: 1 }).waitFor();
  expect(await loaded.getByLabel("Password", { exact: true }).count()).toBe(0);

  await services.authProgram.start();
  await page.getByRole("list", { name: "Your sessions" }).waitFor();
  await page.getByText("You stay signed in and can look at users").waitFor({ state: "detached" });
  await seesUsers(loaded);
  expect(violations).toEqual([]);
  await Promise.all([context.close(), second.close()]);
});

it("users-api stops: the account works on, the users' page says that it cannot be reached, and goes on when it is back", async () => {
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  await signIn(page, web, await registered(services.auth));
  await page.getByText(/^Page 1 of/).waitFor();
  await services.usersProgram.stop();

  await page.getByText("users-api cannot be reached.").waitFor();
  await page.getByRole("link", { name: "My account" }).click();
  await page.getByRole("list", { name: "Your sessions" }).waitFor();
  await page.goto(`${web}/users`);
  await page.getByRole("heading", { name: "users-api cannot be reached" }).waitFor();
  await services.usersProgram.start();
  await page.getByText(/^Page 1 of/).waitFor();
  await page.getByText("users-api cannot be reached.").waitFor({ state: "detached" });
  expect(violations).toEqual([]);
  await context.close();
});
