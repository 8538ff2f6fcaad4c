/**
 * Runs tasks at their times: a refresh before expiry and after sleep, the check for a log-out elsewhere, and probes of
 * services that cannot be reached.
 */

import { ApiError } from "./errors.js";
import type { SessionStore } from "./session-store.js";
import { refreshAt } from "./session.js";

/**
 * The longest timer. Timers stop while a machine sleeps, and the wall clock goes on, so short timers look at the clock
 * often instead of one long one.
 */
const TICK_MS = 10_000;

/** How often a service that cannot be reached is asked whether it answers again. */
const PROBE_MS = 2000;

/** The longest `Retry-After` that the services are expected to send to the check. */
const LONGEST_PAUSE_MS = 60_000;

/** The tasks. A task that fails is tried again the next time. */
export interface ScheduledTasks {
  refresh(): Promise<void>;
  checkSession(): Promise<void>;
  /** Calls the services that cannot be reached. */
  probe(): Promise<void>;
  /** Whether it is not known yet if there is a session. */
  isUnknown(): boolean;
  isServiceUnreachable(): boolean;
}

export class Scheduler {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshAt = Infinity;
  #checkAt = 0;
  #probeAt = 0;
  #isBusy = false;
  #isStopped = false;
  readonly #wake = () => { this.#checkAt = 0; this.run(); };

  constructor(
    private readonly sessionStore: SessionStore,
    private readonly tasks: ScheduledTasks,
    private readonly checkEvery: number,
  ) {
    for (const name of ["focus", "online", "pageshow"]) globalThis.addEventListener?.(name, this.#wake);
    globalThis.document?.addEventListener("visibilitychange", this.#wake);
  }

  /** Sets the time of the next refresh. To be called when there is a new token, or when the token is gone. */
  plan(): void {
    const session = this.sessionStore.session;
    if (session) this.#refreshAt = refreshAt(session, Math.random());
    else this.#refreshAt = this.tasks.isUnknown() ? 0 : Infinity;
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const name of ["focus", "online", "pageshow"]) globalThis.removeEventListener?.(name, this.#wake);
    globalThis.document?.removeEventListener("visibilitychange", this.#wake);
  }

  /** Does what is due. */
  run(): void {
    if (this.#isBusy || this.#isStopped) return;
    if (isHidden()) { this.#arm(); return; }
    this.#isBusy = true;
    void this.#runDueTasks().catch(() => undefined).finally(() => { this.#isBusy = false; this.#arm(); });
  }

  async #runDueTasks(): Promise<void> {
    const now = Date.now();
    // The clock may have been set back.
    if (this.#checkAt > now + Math.max(this.checkEvery, LONGEST_PAUSE_MS)) this.#checkAt = 0;
    if (this.#probeAt > now + PROBE_MS) this.#probeAt = 0;
    if (this.tasks.isServiceUnreachable() && now >= this.#probeAt) {
      this.#probeAt = now + PROBE_MS;
      await this.tasks.probe();
    }
    if (now >= this.#refreshAt) {
      // If the refresh fails, this is the time of the next try.
      this.#refreshAt = now + PROBE_MS;
      await this.tasks.refresh();
    }
    if (this.sessionStore.session && this.checkEvery > 0 && now >= this.#checkAt) {
      this.#checkAt = now + this.checkEvery;
      await this.tasks.checkSession().catch((error: unknown) => {
        const wait = error instanceof ApiError ? error.retryAfter : undefined;
        this.#checkAt = now + Math.max(this.checkEvery, 1000 * (wait ?? 0));
      });
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const now = Date.now();
    const check = this.sessionStore.session && this.checkEvery > 0 ? this.#checkAt : Infinity;
    const probe = this.tasks.isServiceUnreachable() ? this.#probeAt : Infinity;
    const next = Math.min(this.#refreshAt, check, probe) - now;
    // After a clock that was set back, `next` may be far off: never longer than a tick.
    this.#timer = setTimeout(() => this.run(), Math.max(isHidden() ? TICK_MS : 100, Math.min(next, TICK_MS)));
  }
}

/** A hidden tab sends nothing and keeps no session alive: it catches up when it is shown. */
function isHidden(): boolean {
  return globalThis.document?.visibilityState === "hidden";
}
