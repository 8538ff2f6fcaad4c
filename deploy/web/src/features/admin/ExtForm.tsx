import { ApiError } from "authpair-browser";
import { Button, Form, Notice, TextArea } from "../../ui/index.js";
import type { Patch } from "./api.js";
import { useDraft } from "./use-draft.js";
import type { Part } from "./UserPage.js";

/** Claims that an application adds to the user's tokens. */
export function ExtForm({ loaded, change }: Part) {
  const stored = loaded.user.ext ? JSON.stringify(loaded.user.ext, null, 2) : "";
  const form = useDraft(stored, (text) => change({ ext: parse(text) }));
  return (
    <Form submit={form.run}>
      {form.message && <Notice kind="error">{form.message}</Notice>}
      <TextArea label="Additional claims" rows={4} hint="A JSON object of at most 1 KiB, or nothing. It is in the user's tokens as ext."
        value={form.value} onChange={form.set} errors={form.fields["ext"]} />
      <p className="row"><Button type="submit" isBusy={form.isBusy} disabled={form.wait > 0 || !form.isChanged}>Save claims</Button></p>
      <p role="status">{form.isDone && "The claims are changed."}</p>
    </Form>
  );
}

function parse(text: string): Patch["ext"] {
  if (text.trim() === "") return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Patch["ext"];
  } catch {
    // Reported below.
  }
  throw new ApiError({ code: "invalid_request", status: 400, detail: "", service: "auth", fields: { ext: ["is not a JSON object"] } });
}
