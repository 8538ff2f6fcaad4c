/** Every page, light and dark, on a phone and on a desk: axe finds nothing, nothing is cut off. Makes the pictures. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, PASSWORD, seesLogin, seesUsers, signIn, strictContext } from "./support/browser.js";
import { check, SIZES } from "./support/check.js";
import { startPair, type Services } from "./support/services.js";

let pair: Services;
let browser: Browser;

beforeAll(async () => {
  [pair, browser] = await Promise.all([startPair(), openBrowser()]);
  for (const [index, username] of ["ana", "ben", "chloé", "dora", "emil", "fatima", "григорий", "hana", "iván", "jun"].entries()) {
    const body = JSON.stringify({ username, email: `person${index + 1}@example.com`, password: PASSWORD });
    await fetch(`${pair.auth}/api/auth/register`, { method: "POST", headers: { "content-type": "application/json" }, body });
  }
});
afterAll(async () => {
  await browser?.close();
  await pair?.stop();
});

describe.each(["light", "dark"] as const)("%s", (colorScheme) => {
  it.each(["desk", "phone"] as const)("on a %s", async (size) => {
    const { context, violations } = await strictContext(browser, { colorScheme, viewport: SIZES[size] });
    const page = await context.newPage();
    const as = (name: string) => `${name}-${size}-${colorScheme}`;
    await page.goto(`${pair.web}/register`);
    await page.getByRole("button", { name: "Create account", exact: true }).click();
    await page.getByText("Check what is marked.").waitFor();
    await check(page, as("register"));
    await page.goto(`${pair.web}/login`);
    await seesLogin(page);
    await check(page, as("login"));
    await page.goto(`${pair.web}/nowhere`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await check(page, as("nowhere"));

    await signIn(page, pair.web, "ana");
    await page.getByText(/^Page 1 of/).waitFor();
    await check(page, as("users"));
    const elsewhere = { "content-type": "application/json", "user-agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0" };
    await fetch(`${pair.auth}/api/auth/login`, { method: "POST", headers: elsewhere, body: JSON.stringify({ username: "ana", password: PASSWORD }) });
    await page.goto(`${pair.web}/account`);
    await page.getByRole("list", { name: "Your sessions" }).waitFor();
    await check(page, as("account"));
    await page.getByRole("button", { name: "Delete my account" }).click();
    await page.getByRole("dialog").waitFor();
    await check(page, as("step-up"));
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByText("You are signed out.").waitFor();
    await check(page, as("signed-out"));

    await page.route(/\/api\/(auth\/csrf|users)/, (route) => route.abort());
    await page.goto(`${pair.web}/login`);
    await page.getByRole("heading", { name: "auth-service cannot be reached" }).waitFor();
    await check(page, as("auth-service-unreachable"));
    await page.unroute(/\/api\/(auth\/csrf|users)/);
    await seesLogin(page);
    await signIn(page, pair.web, "ana");
    await page.route(/\/api\/(whoami|users)/, (route) => route.abort());
    await page.goto(`${pair.web}/users`);
    await page.getByRole("heading", { name: "users-api cannot be reached" }).waitFor();
    await check(page, as("users-api-unreachable"));
    await page.unroute(/\/api\/(whoami|users)/);
    await seesUsers(page);
    expect(violations).toEqual([]);
    await context.close();
  });
});

it("keeps to a strict policy: no inline script or style runs, no other host is called, no frame shows it", async () => {
  for (const path of ["/", "/users", "/assets/none.js"]) {
    const { headers } = await fetch(pair.web + path);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|blob:/);
  }
  const page = await browser.newPage();
  await page.goto(`${pair.web}/login`);
  await seesLogin(page);
  const ran = await page.evaluate(async () => {
    const violated: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => violated.push(event.effectiveDirective));
    // What an attacker's script-to-be would do. Most of it throws already, because text is no trusted script.
    const attempts = [
      () => document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran=1" })),
      () => document.body.append(Object.assign(document.createElement("script"), { src: "data:text/javascript,window.ran=2" })),
      () => { document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran=3'>"); },
      () => document.body.setAttribute("onclick", "window.ran=4"),
      () => document.body.click(),
    ];
    let stopped = 0;
    for (const attempt of attempts) try { attempt(); } catch { stopped += 1; }
    await fetch("https://example.com/").catch(() => undefined);
    await new Promise((done) => setTimeout(done, 200));
    return { ran: (window as unknown as { ran?: number }).ran, violated, stopped };
  });
  expect(ran.ran).toBeUndefined();
  expect(ran.stopped).toBeGreaterThan(2);
  expect(ran.violated).toEqual(expect.arrayContaining(["require-trusted-types-for", "connect-src"]));
  await page.close();
});
