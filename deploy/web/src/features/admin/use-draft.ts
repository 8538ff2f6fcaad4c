/** A form for one value of a user. It holds what is typed until it is stored. */

import { useState } from "react";
import type { Messages } from "../../app/messages.js";
import { useSubmit, type Submission } from "../../app/use-submit.js";
import { isConflict } from "./api.js";

export interface Draft extends Submission {
  value: string;
  isChanged: boolean;
  isDone: boolean;
  set(value: string): void;
}

/** If another administrator changed the user meanwhile, the form shows the stored value. */
export function useDraft(stored: string, save: (value: string) => Promise<void>, messages?: Messages): Draft {
  const [draft, setDraft] = useState<string>();
  const [isDone, setDone] = useState(false);
  const value = draft ?? stored;
  const form = useSubmit(async () => {
    setDone(false);
    try {
      await save(value);
      setDone(true);
      setDraft(undefined);
    } catch (error) {
      if (isConflict(error)) setDraft(undefined);
      throw error;
    }
  }, messages);
  return { ...form, value, isChanged: value !== stored, isDone, set: (typed) => { setDone(false); setDraft(typed); } };
}
