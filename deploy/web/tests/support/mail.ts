/** The mails that the sender `file:` wrote, and what the tests of their links have in common. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { button, label, PASSWORD } from "./browser.js";
import { startPair, type OwnPair } from "./services.js";

export const folderOf = (one: OwnPair) => join(one.folder, "mails");

/** A pair that sends mail into its folder. The links lead to the pages of the pair. */
export function mailingPair(extra: Record<string, string> = {}): Promise<OwnPair> {
  return startPair({ AUTH_MAIL: "file:mails", ...extra });
}

export interface Mail { name: string; text: string; link: string | undefined }

/** All mails of a kind to an address, oldest first. */
export async function mailsTo(folder: string, address: string, kind: string): Promise<Mail[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".txt") && name.includes(`-${kind}-`)).sort();
  const mails = await Promise.all(names.map(async (name) => {
    const text = await readFile(join(folder, name), "utf8");
    return { name, text, link: /^https?:\/\/\S+#token=\S+$/m.exec(text)?.[0] };
  }));
  return mails.filter(({ text }) => new RegExp(`^To:(.*[\\s<])?${address.replace(/[.+]/g, "\\$&")}`, "m").test(text));
}

/** The link in the newest mail of a kind to an address, when there are `count` of them. */
export async function linkTo(folder: string, address: string, kind: string, count = 1): Promise<string> {
  const link = async () => {
    const mails = await mailsTo(folder, address, kind);
    return mails.length >= count ? mails.at(-1)?.link : undefined;
  };
  await expect.poll(link, { timeout: 20_000, interval: 100 }).toBeDefined();
  return (await link())!;
}

/** Registers by the page's form, so that the mail and the sign-in are the page's. */
export async function register(page: Page, web: string, name: string, path = "/register"): Promise<string> {
  const email = `${name}@example.com`;
  if (path !== "") await page.goto(web + path);
  await label(page, "Username").fill(name);
  await label(page, "Email").fill(email);
  await label(page, "Password").fill(PASSWORD);
  await button(page, "Create account").click();
  return email;
}

/** What a page sent to the services that could use a link up, and every Referer. */
export function watch(page: Page): { sent: string[]; referers: string[] } {
  const seen = { sent: [] as string[], referers: [] as string[] };
  page.on("request", (request) => {
    const referer = request.headers()["referer"];
    if (referer) seen.referers.push(referer);
    if (request.method() === "POST") seen.sent.push(new URL(request.url()).pathname);
  });
  return seen;
}

/** The link is not in the address, in the history or in what is stored. */
export async function isHidden(page: Page, link: string): Promise<void> {
  const token = link.split("#token=")[1]!;
  expect(page.url()).not.toContain("#");
  const stored = await page.evaluate(() => JSON.stringify([location.href, document.referrer, history.state, { ...localStorage }, { ...sessionStorage }]));
  expect(stored + await page.content()).not.toContain(token);
}
