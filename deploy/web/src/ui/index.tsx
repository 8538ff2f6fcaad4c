/** The few pieces that every page is made of. */

import { useId, type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode } from "react";

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value" | "className"> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  errors?: readonly string[] | undefined;
}

/** An input with its label, its hint and what is wrong with it, tied together for screen readers. */
export function Field({ label, value, onChange, hint, errors = [], ...rest }: FieldProps) {
  const id = useId();
  const hintId = hint ? `${id}-hint` : "";
  const errorId = errors.length > 0 ? `${id}-error` : "";
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input {...rest} id={id} value={value} onChange={(event) => onChange(event.target.value)}
        autoCapitalize="none" spellCheck={false}
        aria-invalid={errors.length > 0} aria-describedby={`${errorId} ${hintId}`.trim() || undefined} />
      {hint && <p className="hint" id={hintId}>{hint}</p>}
      {errors.length > 0 && <p className="fault" id={errorId}>{errors.join("; ")}</p>}
    </div>
  );
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "main" | "plain" | "danger";
  isBusy?: boolean;
}

export function Button({ look = "main", isBusy = false, disabled, ...rest }: ButtonProps) {
  return <button {...rest} className={look} disabled={disabled || isBusy} aria-busy={isBusy} />;
}

export function Notice({ kind, children }: { kind: "error" | "warning" | "good"; children: ReactNode }) {
  return <div className={`notice ${kind}`} role={kind === "error" ? "alert" : undefined}>{children}</div>;
}

export function Form({ submit, children }: { submit: () => void; children: ReactNode }) {
  // The services say what is wrong with what was typed, so the browser does not.
  return <form noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>{children}</form>;
}
