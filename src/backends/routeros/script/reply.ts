import { z } from 'zod';
import { REFUSAL } from './script.ts';

/** One line of an answer: its kind, and the value as JSON. */
export interface Answer {
  readonly kind: string;
  readonly value: unknown;
}

export interface Reply {
  readonly answers: readonly Answer[];
  /** RouterOS's own text, where a statement failed. */
  readonly error?: string;
  /** All was done before something failed: `error` only kept the script from reading what became of it. */
  readonly isDone?: boolean;
  /** What the script itself decided against, by `refuse`. */
  readonly refusal?: string;
  /** What stood between the lines and belongs to none of them, such as a warning. */
  readonly stray: string;
}

/** The answer was not read completely: whether the script ran, and how far, is not known. */
export class UnreadableReply extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'UnreadableReply';
  }
}

/** RouterOS adds where the error was raised, such as ` (:error; line 1)`. */
const REFUSED = new RegExp(`^${REFUSAL}([a-z-]+)`);
const FAILURES: ReadonlySet<string> = new Set(['error', 'unread']);
const LINE = /^(\d{1,7}):/;
/** How many lines there are, and what the appliance says that one character of two bytes is long. */
const CLOSING = /^\.end(\d+)\.([12])\./;
const objectOfOne = z.record(z.string(), z.unknown());

/**
 * Reads what a script put out. Each line of ours begins with the nonce and its own length, since RouterOS may wrap
 * what it prints, print warnings between, or be cut off: text that does not belong to a line is set apart, and a line
 * that is not whole makes all of it unreadable. Numbers beyond 2^53 become bigints.
 * @throws UnreadableReply
 */
export function readReply(text: string, nonce: string): Reply {
  // A narrow terminal may break lines anywhere, in the nonce too; JSON writes its own line breaks as escapes.
  const segments = text.replace(/[\r\n]/g, '').split(nonce);
  const [before = '', ...rest] = segments;
  const closing = rest.findIndex((segment) => segment.startsWith('.end'));
  if (closing < 0) throw new UnreadableReply(`the answer ends without its last line${excerpt(text)}`);
  const [, said, unit] = CLOSING.exec(rest[closing] ?? '') ?? [];
  const cut = unit === '2' ? cutBytes : cutCharacters;
  const answers: Answer[] = [];
  let stray = before;
  for (const segment of rest.slice(0, closing)) {
    const line = readLine(segment, cut);
    answers.push(line.answer);
    stray += line.stray;
  }
  const count = Number(said ?? -1);
  if (count !== answers.length) {
    throw new UnreadableReply(`the answer has ${answers.length} lines, and should have ${count}`);
  }
  return { ...withoutErrors(answers), stray: stray.trim() };
}

function withoutErrors(all: readonly Answer[]): Omit<Reply, 'stray'> {
  const answers = all.filter(({ kind }) => !FAILURES.has(kind));
  const failure = all.find(({ kind }) => FAILURES.has(kind));
  if (!failure) return { answers };
  const error = String(failure.value);
  if (failure.kind === 'unread') return { answers, error, isDone: true };
  const [, refusal] = REFUSED.exec(error) ?? [];
  return refusal === undefined ? { answers, error } : { answers, refusal };
}

function readLine(segment: string, cut: typeof cutBytes): { answer: Answer; stray: string } {
  const head = LINE.exec(segment);
  if (!head) throw new UnreadableReply(`a line of the answer has no length${excerpt(segment)}`);
  const size = Number(head[1]);
  const body = segment.slice(head[0].length);
  // By what it counts alone: a line that is damaged by just the difference would be misread by the other.
  const found = cut(body, size);
  if (!found) throw new UnreadableReply(`a line of the answer is damaged${excerpt(segment)}`);
  return found;
}

type Cut = { answer: Answer; stray: string } | undefined;

function cutBytes(body: string, size: number): Cut {
  const bytes = Buffer.from(body, 'utf8');
  if (bytes.length < size) return undefined;
  return parsed(bytes.subarray(0, size).toString('utf8'), bytes.subarray(size).toString('utf8'));
}

function cutCharacters(body: string, size: number): Cut {
  const characters = [...body];
  if (characters.length < size) return undefined;
  return parsed(characters.slice(0, size).join(''), characters.slice(size).join(''));
}

function parsed(json: string, stray: string): Cut {
  try {
    const [pair, ...others] = Object.entries(objectOfOne.parse(parseExactly(json)));
    return pair && others.length === 0 ? { answer: { kind: pair[0], value: pair[1] }, stray } : undefined;
  } catch {
    return undefined;
  }
}

/** JSON whose integers stay exact: those that a double cannot hold become bigints. */
function parseExactly(json: string): unknown {
  return JSON.parse(json, function reviver(
    this: unknown,
    _key,
    value: unknown,
    context?: { source?: string },
  ) {
    const source = context?.source;
    return typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  } as (key: string, value: unknown) => unknown);
}

const EXCERPT_LENGTH = 120;
const excerpt = (text: string): string =>
  text === '' ? '' : `: ${JSON.stringify(text.slice(-EXCERPT_LENGTH))}`;
