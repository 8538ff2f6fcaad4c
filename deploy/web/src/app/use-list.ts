/** A list that grows page by page along the service's cursor, which costs the same however long the list is. */

import { useRef } from "react";
import { useData } from "./use-data.js";
import { useSubmit, type Submission } from "./use-submit.js";

export interface Part<T> {
  items: readonly T[];
  /** The cursor of the next part. */
  next: string | null | undefined;
}

export interface List<T> {
  items: readonly T[] | undefined;
  error: unknown;
  isLoading: boolean;
  hasMore: boolean;
  /** Appends the next part. */
  more: Submission;
  /** Starts again with the first part. */
  reload(): void;
}

/** `key` changes when another list is wanted. */
export function useList<T extends { id: string }>(
  service: "auth" | "users", key: string, load: (cursor: string | undefined, signal?: AbortSignal) => Promise<Part<T>>,
): List<T> {
  const { data, error, isLoading, reload, set } = useData(service, key, (signal) => load(undefined, signal));
  const shown = useRef(data);
  shown.current = data;
  const more = useSubmit(async () => {
    if (!data?.next) return;
    const part = await load(data.next);
    // The list may have been loaded again meanwhile.
    if (shown.current === data) set({ items: withoutRepeats([...data.items, ...part.items]), next: part.next });
  });
  return { items: data?.items, error, isLoading, hasMore: Boolean(data?.next), more, reload };
}

/** An item that is inserted or deleted meanwhile can move another one from one part to the next. */
function withoutRepeats<T extends { id: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
