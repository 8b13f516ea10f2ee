import { quote } from './quote.ts';

/** Where finished lines go, each ended by a newline. */
export interface LogDestination {
  write(line: string): void;
}

/** Turns JSON log lines into `12:34:56.789 INFO  message key=value`, with stacks on lines of their own. */
export class TextDestination implements LogDestination {
  constructor(private readonly sink: LogDestination) {}

  write(line: string): void {
    this.sink.write(`${format(JSON.parse(line))}\n`);
  }
}

function format({ time, level, message, ...fields }: Record<string, unknown>): string {
  const clock = String(time).slice(11, 23);
  const pairs = Object.entries(fields).map(([key, value]) => ` ${show(key)}=${show(value)}`);
  return `${clock} ${String(level).toUpperCase().padEnd(5)} ${show(message, / /)}${pairs.join('')}${stacks(fields)}`;
}

/** Plain words stay as they are; all else is JSON, so that no value can move the cursor or forge a line. */
function show(value: unknown, extra = /(?!)/): string {
  if (typeof value !== 'string') return quote(value, hideStack);
  const plain = [...value].every((char) => /[\w./:@%+,;()'-]/.test(char) || extra.test(char));
  return plain && value !== '' ? value : quote(value);
}

const hideStack = (key: string, value: unknown): unknown => (key === 'stack' ? undefined : value);

function stacks(fields: Record<string, unknown>): string {
  return Object.values(fields)
    .flatMap(stackOf)
    .map((line) => `\n    ${quote(line.trim()).slice(1, -1)}`)
    .join('');
}

function stackOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'stack' in value && typeof value.stack === 'string' ? value.stack.split('\n') : [];
  return 'cause' in value ? [...own, ...stackOf(value.cause)] : own;
}
