/** Rows for people: texts to the left, numbers to the right, a blank line before. */
export function printRows(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const isNumber = (text: string) => /^[\d.]/.test(text);
  const line = (row: readonly string[]) =>
    row
      .map((text, at) => (isNumber(text) ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  process.stdout.write(`\n${title}\n${[heads, ...rows].map((row) => `  ${line(row)}\n`).join('')}`);
}

export const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
export const seconds = (value: number): string => `${(value / 1000).toFixed(2)} s`;
