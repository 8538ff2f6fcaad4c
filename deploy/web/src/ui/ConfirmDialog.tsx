import { useEffect, useId, useRef, type ReactNode } from "react";
import { Button } from "./index.js";

interface Props {
  title: string;
  /** The button's name. */
  action: string;
  children: ReactNode;
  answer: (isYes: boolean) => void;
}

/** Asks before an action that cannot be undone. Escape and "Cancel" mean no. */
export function ConfirmDialog({ title, action, children, answer }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); answer(false); }}>
      <h2 id={id}>{title}</h2>
      {children}
      <p className="row">
        <Button type="button" look="plain" autoFocus onClick={() => answer(false)}>Cancel</Button>
        <Button type="button" look="danger" onClick={() => answer(true)}>{action}</Button>
      </p>
    </dialog>
  );
}
