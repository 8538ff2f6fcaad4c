/** Serves the pages, and stands in front of auth-service where an answer has to be lost or late. */

import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { DIST } from "./services.js";

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** The pages with their config, on a port of its own. */
export async function servePages(port: number, config: () => object): Promise<() => Promise<void>> {
  const server = createServer(async (incoming, response) => {
    const path = new URL(incoming.url ?? "/", "http://localhost").pathname;
    if (path === "/config.json") return void response.setHeader("content-type", "application/json").end(JSON.stringify(config()));
    const name = path.includes(".") ? path : "/index.html";
    const content = await readFile(join(DIST, name)).catch(() => undefined);
    response.statusCode = content ? 200 : 404;
    response.setHeader("content-type", TYPES[extname(name)] ?? "text/plain").end(content);
  });
  return listen(server, port);
}

/** What the proxy does with the answer to a call: it passes it on, drops it, or passes it on when the promise resolves. */
export type Treatment = "pass" | "lose" | Promise<unknown>;

export class Proxy {
  /** Asked for each call, after the service has answered it. */
  treatment: (method: string, path: string) => Treatment = () => "pass";
  readonly seen: string[] = [];
  #close: () => Promise<void> = () => Promise.resolve();

  async start(port: number, target: number): Promise<void> {
    this.#close = await listen(createServer((incoming, response) => this.#pass(incoming, response, target)), port);
  }

  stop(): Promise<void> {
    return this.#close();
  }

  #pass(incoming: IncomingMessage, response: ServerResponse, port: number): void {
    const { method = "GET", url = "/", headers } = incoming;
    const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => void (async () => {
        this.seen.push(`${method} ${url} ${answer.statusCode}`);
        const treatment = this.treatment(method, url);
        if (treatment === "lose") return incoming.socket.destroy();
        if (treatment !== "pass") await treatment;
        response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks));
      })());
    });
    onward.on("error", () => incoming.socket.destroy());
    incoming.pipe(onward);
  }
}

async function listen(server: Server, port: number): Promise<() => Promise<void>> {
  await new Promise<void>((done, fail) => server.on("error", fail).listen(port, "127.0.0.1", done));
  return () => new Promise((done) => { server.close(() => done()); server.closeAllConnections(); });
}
