/** What every page must hold to: axe finds nothing, and nothing is wider than the screen. Makes the pictures. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where pictures go: only when it is set, so that a test run changes no file of the repository. */
const PICTURES = process.env["SCREENSHOTS"];

export const SIZES = { desk: { width: 960, height: 720 }, phone: { width: 360, height: 740 } };

export async function check(page: Page, name: string): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe;
    return await axe.run();
  });
  expect(violations.map((one) => `${name}: ${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow, `${name} is wider than the screen`).toBeLessThanOrEqual(0);
  if (PICTURES) await page.screenshot({ path: resolve(PICTURES, `${name}.png`), fullPage: true });
}

/** The page that is shown, in every size and colour that people have. */
export async function checkAll(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const size of ["desk", "phone"] as const) {
      await page.setViewportSize(SIZES[size]);
      await check(page, `${name}-${size}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SIZES.desk);
}
