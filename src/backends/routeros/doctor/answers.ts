import { type Code, onError, variable } from '../script/code.ts';
import type { Reply } from '../script/reply.ts';
import { answer } from '../script/script.ts';

const DONE = 'done';

/** Runs statements and answers how that went; the script goes on either way. */
export const attempt = (name: string, statements: readonly Code[]): Code =>
  onError('x', [...statements, answer(name, DONE)], [answer(name, variable('x'))]);

/** How an {@link attempt} went. */
export type Outcome = { readonly done: true } | { readonly done: false; readonly error: string };

/** @throws Error the script did not come that far */
export function outcomeOf(reply: Reply, name: string): Outcome {
  const found = reply.answers.find(({ kind }) => kind === name);
  if (!found) throw new Error(`the appliance answered: ${reply.error ?? reply.refusal ?? 'nothing'}`);
  return found.value === DONE ? { done: true } : { done: false, error: withoutPlace(String(found.value)) };
}

/** RouterOS adds where an error was raised, such as ` (/disk/add; line 1)`. */
const withoutPlace = (text: string): string => text.replace(/ \([^()]*; line \d+\)$/, '');

/** @throws Error what RouterOS said, where the answer is not there */
export function answered(reply: Reply, name: string): unknown {
  const found = reply.answers.find(({ kind }) => kind === name);
  if (found) return found.value;
  throw new Error(`the appliance answered: ${reply.error ?? reply.refusal ?? 'nothing'}`);
}

export const allAnswered = ({ answers }: Reply, name: string): unknown[] =>
  answers.filter(({ kind }) => kind === name).map(({ value }) => value);
