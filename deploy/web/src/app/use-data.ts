/** Fetches the data of a page. Fetches it again when the service becomes available again. */

import { useEffect, useState } from "react";
import { ApiError } from "authpair-browser";
import { useClientState } from "./client.js";

export interface Data<T> {
  data: T | undefined;
  error: unknown;
  isLoading: boolean;
  reload(): void;
  set(data: T): void;
}

export function useData<T>(service: "auth" | "users", key: string, load: (signal: AbortSignal) => Promise<T>): Data<T> {
  const [state, setState] = useState<{ data?: T; error?: unknown; isLoading: boolean }>({ isLoading: true });
  const [turn, setTurn] = useState(0);
  const isUnreachable = useClientState().unreachable[service];
  useEffect(() => {
    if (isUnreachable) return;
    const controller = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    load(controller.signal).then(
      (data) => { if (!controller.signal.aborted) setState({ data, isLoading: false }); },
      (error: unknown) => { if (!controller.signal.aborted) setState({ error, isLoading: false }); },
    );
    return () => controller.abort();
    // `load` is another function each time; `key` changes when other data is wanted.
  }, [key, turn, isUnreachable]);
  const hasNoData = isUnreachable && state.data === undefined;
  return {
    data: state.data,
    error: hasNoData ? new ApiError({ code: "network", status: 0, detail: "", service }) : state.error,
    isLoading: state.isLoading && !hasNoData,
    reload: () => setTurn((before) => before + 1),
    set: (data) => setState({ data, isLoading: false }),
  };
}
