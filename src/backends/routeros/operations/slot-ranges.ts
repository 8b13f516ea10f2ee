/** What slots are made of (`volume-id.ts`), in the order of ASCII, as runs that a bracket expression takes. */
const RUNS = ['-', '.', '0-9', 'A-Z', '_', 'a-z'] as const;
const HASH = [...'234567abcdefghijklmnopqrstuvwxyz'];
/** Beyond so many characters slots of one cluster hardly agree. */
const NARROWED_DEPTH = 12;

/**
 * POSIX extended patterns that cut all slots into ranges, in the order of their characters: `csi-` with each first
 * character of the hash, and what lies before, between and behind. Slots are hashes: the ranges are about equally full.
 */
const RANGES: readonly { readonly first: string; readonly pattern: string }[] = [
  { first: '', pattern: '^([0-9A-Zab]|c[-.0-9A-Z_a-r]|cs[-.0-9A-Z_a-h]|csi-[-.01]|c$|cs$|csi$|csi-$)' },
  ...HASH.slice(0, 6).map(ofHash),
  { first: 'csi-8', pattern: '^csi-[89A-Z_]' },
  ...HASH.slice(6).map(ofHash),
  { first: 'csi.', pattern: '^(csi[.0-9A-Z_a-z]|cs[j-z]|c[t-z]|[d-z])' },
];

function ofHash(character: string) {
  return { first: `csi-${character}`, pattern: `^csi-${character}` };
}

/**
 * The ranges from a token on, each as patterns that a slot must match together. The first leaves out what lies before
 * the token, but for slots that agree with it in their first {@link NARROWED_DEPTH} characters.
 */
export function rangesFrom(token: string | undefined): readonly [Range, ...Range[]] {
  const at = token === undefined ? 0 : RANGES.findLastIndex(({ first }) => first <= token);
  const [first = [], ...others] = RANGES.slice(at).map(({ pattern }): Range => [pattern]);
  return [token === undefined ? first : [...first, notBefore(token)], ...others];
}

type Range = readonly string[];

/** Slots that begin as the token does, or with a greater character at the first place where they differ. */
function notBefore(token: string): string {
  const prefix = token.slice(0, NARROWED_DEPTH);
  const greater = [...prefix].map((character, at) => {
    const runs = after(character);
    return runs === '' ? undefined : `${literal(prefix.slice(0, at))}[${runs}]`;
  });
  return `^(${[...greater.filter((pattern) => pattern !== undefined), literal(prefix)].join('|')})`;
}

/** The characters behind one, as a bracket expression has them. */
function after(character: string): string {
  return RUNS.map((run) => {
    const [low = '', high = low] = run.length === 3 ? [run[0], run[2]] : [run];
    if (character < low) return run;
    return character < high ? `${String.fromCharCode(character.charCodeAt(0) + 1)}-${high}` : '';
  }).join('');
}

const literal = (text: string): string => text.replaceAll('.', '[.]');
