/** Submits a form: sends it once, shows the errors, and waits as long as the service asks. */

import { useEffect, useState } from "react";
import { ApiError } from "authpair-browser";
import { messageOf, type Messages } from "./messages.js";

export interface Submission {
  isBusy: boolean;
  /** For the form as a whole. */
  message: string | undefined;
  fields: Readonly<Record<string, string[]>>;
  error: unknown;
  /** Seconds until the next try; 0 for now. */
  wait: number;
  run(): void;
  /** Forgets the last error, for input about something else. */
  reset(): void;
}

/** `messages` are messages for this form, by error code. */
export function useSubmit(send: () => Promise<void>, messages?: Messages): Submission {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [wait, setWait] = useState(0);
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);
  const run = async () => {
    if (isBusy || wait > 0) return;
    setBusy(true);
    setError(undefined);
    try {
      await send();
    } catch (caught) {
      if (caught instanceof ApiError && caught.code === "cancelled") return;
      setError(caught);
      if (caught instanceof ApiError) setWait(caught.retryAfter ?? 0);
    } finally {
      setBusy(false);
    }
  };
  const message = error === undefined ? undefined
    : messageOf(error, messages) + (wait > 0 ? ` You can try again in ${wait} seconds.` : "");
  const fields = error instanceof ApiError ? error.fields : {};
  return { isBusy, message, fields, error, wait, run: () => void run(), reset: () => { setError(undefined); setWait(0); } };
}
