/** Shorter literals are not worth a variable. */
const LITERAL_MIN_LENGTH = 16;
/** `quote.ts` writes no quotation mark and no backslash but for `\XX`: a literal ends at the next mark. */
const LITERAL = /"[^"]*"/g;

/**
 * Writes long literals that stand more than once only once, in variables at the beginning: paths and records make up
 * most of a script, and how long a line RouterOS takes is not known (docs/hardware-questions.md).
 */
export function internLiterals(text: string): string {
  const counts = new Map<string, number>();
  for (const [literal] of text.matchAll(LITERAL)) counts.set(literal, (counts.get(literal) ?? 0) + 1);
  const repeated = [...counts].filter(
    ([literal, count]) => count > 1 && literal.length >= LITERAL_MIN_LENGTH,
  );
  if (repeated.length === 0) return text;
  const names = new Map(repeated.map(([literal], at) => [literal, `c${at}`]));
  const locals = [...names].map(([literal, name]) => `:local ${name} ${literal}`);
  const short = text.replace(LITERAL, (literal) => {
    const name = names.get(literal);
    return name === undefined ? literal : `$${name}`;
  });
  return `${locals.join('; ')}; ${short}`;
}
