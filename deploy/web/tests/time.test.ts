/** Sleep, and tokens that expire in the middle of a click. The services run with access tokens of two seconds. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser, registered, registerMany, seesUsers, signIn, strictContext } from "./support/browser.js";
import { startPair, type Services } from "./support/services.js";

/** The services take a token for 30 s after its expiry, because clocks differ. */
const REFUSED_AFTER_MS = 34_000;

let pair: Services;
let browser: Browser;

beforeAll(async () => {
  [pair, browser] = await Promise.all([startPair({ AUTH_ACCESS_TTL: "2s" }), openBrowser()]);
  await registerMany(pair.auth, 25);
});
afterAll(async () => {
  await browser?.close();
  await pair?.stop();
});

/** What the services answered, by path. */
function answers(page: Page): string[] {
  const seen: string[] = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (response.request().method() !== "OPTIONS" && pathname.startsWith("/api/")) seen.push(`${pathname} ${response.status()}`);
  });
  return seen;
}

it.concurrent("an access token that expired in the middle of a click: the click still does what it should", async () => {
  const { context, violations } = await strictContext(browser);
  const page = await context.newPage();
  await signIn(page, pair.web, await registered(pair.auth));
  // The page believes that no time goes by, so it sends the token that has expired.
  await page.clock.setFixedTime(Date.now());
  await page.waitForTimeout(3000);
  const seen = answers(page);
  await page.waitForTimeout(REFUSED_AFTER_MS);
  expect(seen.filter((line) => line.startsWith("/api/auth/refresh"))).toEqual([]);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2 of 2").waitFor();
  expect(seen.filter((line) => !line.startsWith("/api/whoami")).slice(0, 3))
    .toEqual(["/api/users 401", "/api/auth/refresh 200", "/api/users 200"]);
  expect(violations).toEqual([]);
  await context.close();
});

it.concurrent("a machine that slept for an hour goes on where it was, and sends no token that it knows to be old", async () => {
  const { context, violations } = await strictContext(browser);
  await context.clock.install();
  const page = await context.newPage();
  await signIn(page, pair.web, await registered(pair.auth));
  await page.clock.pauseAt(Date.now() + 1000);
  await page.waitForTimeout(REFUSED_AFTER_MS);
  const seen = answers(page);
  await page.clock.fastForward("01:00:00");
  await page.clock.resume();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2 of 2").waitFor();
  expect(seen.filter((line) => line.endsWith(" 401"))).toEqual([]);
  expect(seen).toContain("/api/auth/refresh 200");
  await page.reload();
  await seesUsers(page);
  expect(violations).toEqual([]);
  await context.close();
});
