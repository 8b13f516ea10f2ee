/** How lines break at the terminal's right side. */
export interface Wrapping {
  /** The terminal's columns. */
  readonly width: number;
  /** Columns left free at the right. */
  readonly margin: number;
  /** Break at spaces inside of a value as well. */
  readonly insideValues: boolean;
}

/** What stands on a line together. */
export interface Token {
  readonly text: string;
  /** Never broken at its spaces: a date with its time (seen in listings of `/file`). */
  readonly whole?: boolean;
}

/** So that a terminal of no width still gives text. */
const LEAST = 8;

/**
 * `name=value` tokens in lines, those after the first indented. A token that is longer than a line is cut wherever the
 * line ends.
 * @param first what stands before the first token
 */
export function wrapTokens(
  first: string,
  indent: number,
  tokens: readonly Token[],
  { width, margin, insideValues }: Wrapping,
): string[] {
  const room = Math.max(LEAST, width - margin - indent);
  const words = tokens.flatMap(({ text, whole }) => (insideValues && !whole ? text.split(' ') : text));
  const lines = fill(words, room);
  const blank = ' '.repeat(indent);
  return lines.map((line, at) => (at === 0 ? first.padEnd(indent) : blank) + line);
}

function fill(words: readonly string[], room: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of words) {
    if (line !== undefined && line.length + 1 + word.length <= room) {
      line += ` ${word}`;
      continue;
    }
    if (line !== undefined) lines.push(line);
    line = word;
    for (; line.length > room; line = line.slice(room)) lines.push(line.slice(0, room));
  }
  return [...lines, line ?? ''];
}

/** A line of words: a legend. */
export const wrapWords = (text: string, wrapping: Wrapping): string[] =>
  wrapTokens(
    '',
    0,
    text.split(' ').map((word) => ({ text: word })),
    wrapping,
  );
