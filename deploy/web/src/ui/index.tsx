/** The few pieces that every page is made of. */

import { useId, type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes } from "react";

interface LabelProps {
  label: string;
  hint?: string;
  errors?: readonly string[] | undefined;
}

interface Tied {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

/** An input with its label, its hint and what is wrong with it, tied together for screen readers. */
function Labelled({ label, hint, errors = [], children }: LabelProps & { children: (tied: Tied) => ReactNode }) {
  const id = useId();
  const hintId = hint ? `${id}-hint` : "";
  const errorId = errors.length > 0 ? `${id}-error` : "";
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": errors.length > 0, "aria-describedby": `${errorId} ${hintId}`.trim() || undefined })}
      {hint && <p className="hint" id={hintId}>{hint}</p>}
      {errors.length > 0 && <p className="field-error" id={errorId}>{errors.join("; ")}</p>}
    </div>
  );
}

type Controlled<Attributes> = LabelProps & Omit<Attributes, "onChange" | "value" | "className"> & {
  value: string;
  onChange: (value: string) => void;
};

export function Field({ label, value, onChange, hint, errors, ...rest }: Controlled<InputHTMLAttributes<HTMLInputElement>>) {
  return (
    <Labelled label={label} errors={errors} hint={hint}>
      {(tied) => (
        <input autoCapitalize="none" spellCheck={false} {...rest} {...tied} value={value} onChange={(event) => onChange(event.target.value)} />
      )}
    </Labelled>
  );
}

export function TextArea({ label, value, onChange, hint, errors, ...rest }: Controlled<TextareaHTMLAttributes<HTMLTextAreaElement>>) {
  return (
    <Labelled label={label} errors={errors} hint={hint}>
      {(tied) => (
        <textarea autoCapitalize="none" spellCheck={false} {...rest} {...tied} value={value} onChange={(event) => onChange(event.target.value)} />
      )}
    </Labelled>
  );
}

/** `options` are value and name. */
export function Select({ label, value, onChange, options, errors }: Controlled<object> & { options: readonly (readonly [string, string])[] }) {
  return (
    <Labelled label={label} errors={errors}>
      {(tied) => (
        <select {...tied} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        </select>
      )}
    </Labelled>
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
  // The services check the input and report the errors, so the browser does not.
  return <form noValidate onSubmit={(event) => { event.preventDefault(); submit(); }}>{children}</form>;
}
