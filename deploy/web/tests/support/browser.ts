/** Chromium, and what every test does in it. */

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";
import { PASSWORD } from "./services.js";

export { PASSWORD };

/** CHROMIUM_ARGS adds arguments, such as those that make it trust a certificate of one's own. */
export function openBrowser(): Promise<Browser> {
  const more = process.env["CHROMIUM_ARGS"]?.split(" ") ?? [];
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...more],
  });
}

let numbers = 0;

export function newName(): string {
  numbers += 1;
  return `u${process.pid}x${numbers}`;
}

/** Registers over the API: quick, for tests that are about something else. */
export async function registered(auth: string, username = newName()): Promise<string> {
  const body = JSON.stringify({ username, email: `${newName()}@example.com`, password: PASSWORD });
  const response = await fetch(`${auth}/api/auth/register`, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(response.status, await response.text()).toBe(201);
  return username;
}

/** Several people, a few at a time: the services hash no more at once than they have room for. */
export async function registerMany(auth: string, count: number): Promise<void> {
  for (let made = 0; made < count; made += 4) {
    await Promise.all(Array.from({ length: Math.min(4, count - made) }, () => registered(auth)));
  }
}

export async function signIn(page: Page, web: string, username: string, password = PASSWORD): Promise<void> {
  await page.goto(`${web}/login`);
  await page.getByLabel("Username or email", { exact: true }).fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await seesUsers(page);
}

/** Gives the password again where a call asks for it. */
export async function stepUp(page: Page, password = PASSWORD): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Confirm that it is you" });
  await dialog.getByLabel("Password", { exact: true }).fill(password);
  await dialog.getByRole("button", { name: "Confirm" }).click();
}

export const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
export const label = (page: Page, name: string) => page.getByLabel(name, { exact: true });
export const seesUsers = (page: Page) => page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
export const seesLogin = (page: Page, timeout = 30_000) => page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor({ timeout });

/** A context that collects what its pages must not do: violate the policy, throw script errors, open dialogs. */
export async function strictContext(browser: Browser, options: BrowserContextOptions = {}): Promise<{ context: BrowserContext; violations: string[] }> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const violations: string[] = [];
  context.on("page", (page) => {
    page.on("pageerror", (error) => violations.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => { violations.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
    page.on("console", (message) => {
      // The browser itself notes each refused call.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) violations.push(message.text());
      if (/eyJ/.test(message.text())) violations.push(`a token was logged: ${message.text().slice(0, 80)}`);
    });
  });
  return { context, violations };
}
