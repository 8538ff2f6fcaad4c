/** Several tabs, lost and late answers, reloads: no tab loses the session. */

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { newName, openBrowser, registered, seesLogin, seesUsers, signIn, strictContext } from "./support/browser.js";
import { Proxy, servePages } from "./support/server.js";
import { freePort, startApart, type Apart } from "./support/services.js";

let services: Apart;
let browser: Browser;
let web: string;
let closePages: () => Promise<void>;
const proxy = new Proxy();
/** Past the time at which every tab refreshes, and short of the expiry. */
const NEARLY_EXPIRED = 870_000;

beforeAll(async () => {
  const [pages, front] = [await freePort(), await freePort()];
  web = `http://localhost:${pages}`;
  [services, browser] = await Promise.all([startApart(web), openBrowser()]);
  await proxy.start(front, services.authPort);
  closePages = await servePages(pages, () => ({
    authUrl: `http://localhost:${front}`, usersUrl: `http://localhost:${services.usersPort}`, checkEvery: 1000,
  }));
});
afterEach(() => {
  proxy.treatment = () => "pass";
});
afterAll(async () => {
  await browser?.close();
  await closePages?.();
  await proxy.stop();
  await services?.stop();
});

/** Tabs of one browser, signed in, with a clock that can be moved. */
async function tabs(count: number): Promise<{ context: BrowserContext; pages: Page[]; violations: string[] }> {
  const { context, violations } = await strictContext(browser);
  await context.clock.install();
  proxy.seen.length = 0;
  const first = await context.newPage();
  await signIn(first, web, await registered(services.auth));
  const others = await Promise.all(Array.from({ length: count - 1 }, async () => {
    const page = await context.newPage();
    await page.goto(`${web}/users`);
    await seesUsers(page);
    return page;
  }));
  // A tab that was given the session by another one still fetches its own token.
  await expect.poll(() => refreshes().length).toBe(count - 1);
  return { context, pages: [first, ...others], violations };
}

const isRefresh = (method: string, path: string) => method === "POST" && path === "/api/auth/refresh";
const refreshes = () => proxy.seen.filter((line) => line.startsWith("POST /api/auth/refresh"));

/** Moves on to another page of data in each tab, which needs a token that is good. */
async function areAlive(pages: Page[]): Promise<void> {
  await Promise.all(pages.map(async (page) => {
    await page.getByRole("link", { name: "My account" }).click();
    await page.getByRole("list", { name: "Your sessions" }).getByRole("listitem").first().waitFor();
    await page.getByRole("link", { name: "Users" }).click();
    await page.getByText(/^Page 1 of/).waitFor();
  }));
}

it.each([2, 10])("%i tabs that refresh at the same moment keep the session", async (count) => {
  const { context, pages, violations } = await tabs(count);
  for (let round = 0; round < 2; round += 1) {
    proxy.seen.length = 0;
    // No tab hears of another's refresh before it has asked for its own. (Six calls to one host run at a time.)
    proxy.treatment = (method, path) => isRefresh(method, path) ? new Promise((done) => setTimeout(done, 1000)) : "pass";
    // The clock is the context's: it moves in every tab.
    await context.clock.fastForward(NEARLY_EXPIRED);
    await expect.poll(() => refreshes().length, { timeout: 20_000 }).toBe(count);
    await areAlive(pages);
    expect(new Set(refreshes())).toEqual(new Set(["POST /api/auth/refresh 200"]));
  }
  expect(violations).toEqual([]);
  await context.close();
});

it("two tabs share what one of them refreshed", async () => {
  const { context, pages } = await tabs(2);
  const [one, two] = pages as [Page, Page];
  proxy.seen.length = 0;
  const name = newName();
  await one.getByRole("link", { name: "My account" }).click();
  await one.getByLabel("Username", { exact: true }).fill(name);
  await one.getByRole("button", { name: "Change name" }).click();
  // It is in the new token, which only the first tab fetched.
  await two.getByRole("banner").getByText(name).waitFor();
  expect(refreshes()).toHaveLength(1);
  await context.close();
});

it("a refresh whose answer the network drops is asked for again, and the session goes on", async () => {
  const { context, pages } = await tabs(1);
  for (const lost of [1, 2]) {
    proxy.seen.length = 0;
    proxy.treatment = (method, path) => isRefresh(method, path) && refreshes().length <= lost ? "lose" : "pass";
    await context.clock.fastForward(NEARLY_EXPIRED);
    await expect.poll(() => refreshes().length, { timeout: 15_000 }).toBeGreaterThan(lost);
    await areAlive(pages);
    expect(new Set(refreshes())).toEqual(new Set(["POST /api/auth/refresh 200"]));
  }
  await context.close();
});

it("a reload in the middle of a refresh keeps the session", async () => {
  const { context, pages } = await tabs(1);
  const page = pages[0]!;
  for (const answer of ["late", "lost"] as const) {
    proxy.seen.length = 0;
    let release = () => {};
    const held = new Promise<void>((done) => { release = done; });
    proxy.treatment = (method, path) => isRefresh(method, path) && refreshes().length === 1 ? held : "pass";
    await context.clock.fastForward(NEARLY_EXPIRED);
    await expect.poll(() => refreshes().length).toBe(1);
    if (answer === "late") setTimeout(release, 50);
    await page.reload();
    await seesUsers(page);
    release();
    await areAlive(pages);
  }
  await context.close();
});

it("a sign-out in one tab is seen in the other within 2 s, with and without BroadcastChannel", async () => {
  for (const isShared of [true, false]) {
    const { context } = await strictContext(browser);
    if (!isShared) await context.addInitScript(() => Reflect.deleteProperty(window, "BroadcastChannel"));
    const [one, two] = [await context.newPage(), await context.newPage()];
    await signIn(one, web, await registered(services.auth));
    await two.goto(`${web}/users`);
    await seesUsers(two);
    await one.getByRole("button", { name: "Sign out", exact: true }).click();
    await seesLogin(two, 2000);
    await seesLogin(one);
    if (isShared) await two.getByText("You are signed out.").waitFor();
    await context.close();
  }
});

it("a new password in one tab leaves the other one signed in", async () => {
  const { context, pages } = await tabs(2);
  const [one] = pages as [Page, Page];
  await one.getByRole("link", { name: "My account" }).click();
  await one.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await one.getByLabel("New password", { exact: true }).fill("battery staple horse");
  await one.getByRole("button", { name: "Change password" }).click();
  await one.getByText("Your password is changed.").waitFor();
  await areAlive(pages);
  await context.close();
});
