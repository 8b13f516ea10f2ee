/** How lines break at the terminal's right side. */
export interface Wrapping {
  /** The terminal's columns. */
  readonly width: number;
  /** Columns left free at the right. */
  readonly margin: number;
  /** Break at spaces inside of a value as well. */
  readonly insideValues: boolean;
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
  tokens: readonly string[],
  { width, margin, insideValues }: Wrapping,
): string[] {
  const room = Math.max(LEAST, width - margin - indent);
  const lines = fill(insideValues ? tokens.flatMap((token) => token.split(' ')) : tokens, room);
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
