// Fails when the types of the API, or the documents they are made from, are out of date.
//
//     npm run types:check                                        the types against the documents that are kept in api/
//     AUTH_URL=… USERS_URL=… npm run types:check                 the documents against those of a running pair as well
//     AUTH_URL=… USERS_URL=… npm run types:check -- --write      takes the running pair's documents
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "authpair-types-"));
const failures = [];
try {
  for (const [name, url] of [["auth-service", process.env.AUTH_URL], ["users-api", process.env.USERS_URL]]) {
    const document = join(here, "api", `${name}.json`);
    if (url) {
      const answer = await fetch(`${url}/openapi.json`);
      const { servers: _, ...served } = await answer.json();
      const text = `${JSON.stringify(served, null, 2)}\n`;
      if (process.argv.includes("--write")) writeFileSync(document, text);
      else if (text !== readFileSync(document, "utf8")) failures.push(`api/${name}.json is not what ${url} serves`);
    }
    const made = join(folder, `${name}.ts`);
    const generator = join(here, "node_modules", "openapi-typescript", "bin", "cli.js");
    execFileSync(process.execPath, [generator, document, "-o", made], { stdio: ["ignore", "ignore", "inherit"] });
    const kept = join(here, "src", "generated", `${name}.ts`);
    if (process.argv.includes("--write")) writeFileSync(kept, readFileSync(made));
    else if (readFileSync(made, "utf8") !== readFileSync(kept, "utf8")) {
      failures.push(`src/generated/${name}.ts is not what api/${name}.json gives`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (failures.length > 0) {
  console.error(failures.join("\n"));
  console.error("With a running pair: AUTH_URL=… USERS_URL=… npm run types:check -- --write");
  process.exit(1);
}
console.log("The types of the API are up to date");
