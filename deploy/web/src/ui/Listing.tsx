import type { ReactNode } from "react";
import type { List } from "../app/use-list.js";
import { Failure } from "./Failure.js";
import { Button, Notice } from "./index.js";

interface Props<T> {
  list: List<T>;
  /** What the items are, in the plural. */
  unit: string;
  children: (items: readonly T[]) => ReactNode;
}

/** A list with its number of items and the button for the next part. */
export function Listing<T>({ list, unit, children }: Props<T>) {
  const { items, more, hasMore } = list;
  if (!items && list.isLoading) return <p className="quiet" role="status">Loading…</p>;
  if (!items) return <Failure error={list.error} retry={list.reload} />;
  return (
    <div aria-busy={more.isBusy || list.isLoading}>
      {children(items)}
      {more.message && <Notice kind="error">{more.message}</Notice>}
      <p className="row">
        <span role="status">{items.length} {unit} shown{hasMore ? "" : ", that is all"}</span>
        {hasMore && (
          <Button type="button" look="plain" isBusy={more.isBusy} disabled={more.wait > 0} onClick={more.run}>Load more</Button>
        )}
      </p>
    </div>
  );
}
