/** The account page has words for every event that docs/security.md lists for users. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { actorWords, countWords, eventWords } from "../src/features/account/event-words.js";

it("every event about a user has words of its own", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../../docs/security.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|[^|]*\|[^|]*\|([^|]*)\|/gm)];
  const events = rows.filter(([, , subject]) => /\buser\b/.test(subject ?? "")).map(([, event]) => event!);
  expect(events.length).toBeGreaterThan(10);
  expect(events.filter((event) => eventWords({ event, reason: null }) === event)).toEqual([]);
});

it("an entry says who acted, where it was not the owner, and how much", () => {
  expect(actorWords({ actor: { type: "user", id: "1" } })).toBeUndefined();
  expect(actorWords({ actor: { type: "user", id: null } })).toBe("by an administrator");
  expect(actorWords({ actor: { type: "operator" } })).toBe("by an operator");
  expect(countWords({ sessions: 1, count: 12 })).toEqual(["12 times", "1 session ended"]);
  expect(countWords({ sessions: 0, count: 1, scope: "x" })).toEqual([]);
  expect(countWords(null)).toEqual([]);
});
