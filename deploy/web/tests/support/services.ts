/** The services, as programs of their own on free ports, in a folder that is removed again. */

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

export const PASSWORD = "correct horse battery";
export const DIST = resolve(import.meta.dirname, "../../dist");
const PROGRAM = process.env["AUTHPAIR"] ?? resolve(import.meta.dirname, "../../../../target/debug/authpair");

export async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().on("error", fail).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** A program that runs until it is stopped. */
class Program {
  #child: ChildProcess | undefined;

  constructor(private readonly args: string[], private readonly env: Record<string, string>, private readonly folder: string,
    private readonly readyUrl: string) {}

  async start(): Promise<void> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: cargo build, or set AUTHPAIR`);
    const log: string[] = [];
    this.#child = spawn(PROGRAM, this.args, { cwd: this.folder, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout?.on("data", (data) => log.push(String(data)));
    this.#child.stderr?.on("data", (data) => log.push(String(data)));
    for (let tries = 0; tries < 300; tries += 1) {
      if (this.#child.exitCode !== null) break;
      const response = await fetch(`${this.readyUrl}/readyz`).catch(() => undefined);
      if (response?.ok) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`not ready: ${this.args.join(" ")}\n${log.join("").slice(-2000)}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
  }
}

export interface Services {
  web: string;
  auth: string;
  users: string;
  stop(): Promise<void>;
}

/** A pair of one's own, with its folder and its command line. */
export interface OwnPair extends Services {
  folder: string;
  /** Runs a command of auth-service, such as `users scopes`, and returns what it printed. */
  command(...args: string[]): Promise<string>;
  /** Makes a user by the command line, which needs no open registration. */
  create(username: string, scope: string): Promise<void>;
}

/** `authpair` itself, as `cargo run` starts it: both services and the pages. */
export async function startPair(extra: Record<string, string> = {}): Promise<OwnPair> {
  const folder = mkdtempSync(join(tmpdir(), "authpair-web-"));
  const [web, auth, users] = [await freePort(), await freePort(), await freePort()];
  const env = { ...settings(auth, users), AUTHPAIR_WEB_LISTEN: `127.0.0.1:${web}`, AUTHPAIR_WEB_DIST: DIST,
    AUTH_MAIL: "off", AUTH_FRONT_URL: `http://localhost:${web}`, ...extra };
  const program = new Program([], env, folder, `http://127.0.0.1:${users}`);
  await program.start();
  const ofAuth = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("AUTH_")));
  const run = async (args: string[], input: string) => {
    const running = promisify(execFile)(PROGRAM, ["auth-service", ...args], { cwd: folder, env: ofAuth });
    running.child.stdin?.end(input);
    return (await running).stdout;
  };
  return {
    folder,
    command: (...args) => run(args, ""),
    create: async (username, scope) => {
      await run(["users", "create", username, `${username}@example.com`], PASSWORD);
      await run(["users", "scopes", username, scope], "");
    },
    web: `http://localhost:${web}`, auth: `http://127.0.0.1:${auth}`, users: `http://127.0.0.1:${users}`,
    stop: async () => { await program.stop(); rmSync(folder, { recursive: true, force: true }); },
  };
}

/** The pair that WEB_URL, AUTH_URL and USERS_URL name, such as one under Compose without users yet; else one of its own. */
export async function givenOrOwnPair(): Promise<Services> {
  const { WEB_URL: web, AUTH_URL: auth, USERS_URL: users } = process.env;
  if (!web) return startPair();
  if (!auth || !users) throw new Error("WEB_URL needs AUTH_URL and USERS_URL beside it");
  return { web, auth, users, stop: () => Promise.resolve() };
}

export interface Apart extends Omit<Services, "web" | "stop"> {
  authProgram: Program;
  usersProgram: Program;
  authPort: number;
  usersPort: number;
  stop(): Promise<void>;
}

/** Each service alone, so that one of them can be stopped. `origin` is the pages'. */
export async function startApart(origin: string): Promise<Apart> {
  const folder = mkdtempSync(join(tmpdir(), "authpair-web-"));
  const [auth, users] = [await freePort(), await freePort()];
  const env = { ...settings(auth, users), AUTH_CORS_ORIGINS: origin, USERS_CORS_ORIGINS: origin, AUTH_DRAIN_DELAY: "0s", USERS_DRAIN_DELAY: "0s" };
  const own = (prefix: string) => Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith(prefix)));
  const authProgram = new Program(["auth-service"], own("AUTH_"), folder, `http://127.0.0.1:${auth}`);
  const usersProgram = new Program(["users-api"], own("USERS_"), folder, `http://127.0.0.1:${users}`);
  await authProgram.start();
  await usersProgram.start();
  return {
    auth: `http://127.0.0.1:${auth}`, users: `http://127.0.0.1:${users}`, authPort: auth, usersPort: users, authProgram, usersProgram,
    stop: async () => {
      await Promise.all([authProgram.stop(), usersProgram.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function settings(auth: number, users: number): Record<string, string> {
  return {
    AUTH_LISTEN: `127.0.0.1:${auth}`, AUTH_ISSUER: `http://127.0.0.1:${auth}`, AUTH_METRICS_LISTEN: "off", AUTH_RATE_LIMITS: "off",
    USERS_LISTEN: `127.0.0.1:${users}`, USERS_ISSUER: `http://127.0.0.1:${auth}`, USERS_METRICS_LISTEN: "off",
    AUTH_LOG: "warn", USERS_LOG: "warn",
  };
}
