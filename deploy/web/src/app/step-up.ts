/** The question for the password, which any call may need: the client asks here, the dialog answers. */

import type { StepUp, StepUpHandler } from "authpair-browser";

export interface Question extends StepUp {
  answer(proof: { password: string; code?: string } | null): void;
}

let question: Question | undefined;
const listeners = new Set<() => void>();

export const askPassword: StepUpHandler = (stepUp) =>
  new Promise((resolve) => {
    question?.answer(null);
    put({ ...stepUp, answer: (proof) => { put(undefined); resolve(proof); } });
  });

export function currentQuestion(): Question | undefined {
  return question;
}

export function onQuestion(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function put(next: Question | undefined): void {
  question = next;
  for (const listener of listeners) listener();
}
