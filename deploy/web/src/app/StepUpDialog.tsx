import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Button, Field, Notice } from "../ui/index.js";
import { messageOf } from "./messages.js";
import { currentQuestion, onQuestion } from "./step-up.js";

/** Asks for the password again. After Escape or "Cancel" the call that needed it is not made. */
export function StepUpDialog() {
  const question = useSyncExternalStore(onQuestion, currentQuestion);
  const dialog = useRef<HTMLDialogElement>(null);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const isOpen = question !== undefined;
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen) {
      dialog.current?.close();
      setPassword("");
      setCode("");
    }
  }, [isOpen]);
  const wantsCode = question?.error?.code === "mfa_required" || code !== "";
  return (
    <dialog ref={dialog} aria-labelledby="step-up-title" onCancel={(event) => { event.preventDefault(); question?.answer(null); }}>
      {question && (
        <form noValidate onSubmit={(event) => {
          event.preventDefault();
          question.answer(wantsCode ? { password, code } : { password });
        }}>
          <h2 id="step-up-title">Confirm that it is you</h2>
          <p>This change needs your password again.</p>
          {question.error && <Notice kind="error">{messageOf(question.error)}</Notice>}
          <Field label="Password" type="password" autoComplete="current-password" value={password} onChange={setPassword} autoFocus />
          {wantsCode && <Field label="Code" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={setCode} />}
          <p className="row">
            <Button type="submit">Confirm</Button>
            <Button type="button" look="plain" onClick={() => question.answer(null)}>Cancel</Button>
          </p>
        </form>
      )}
    </dialog>
  );
}
