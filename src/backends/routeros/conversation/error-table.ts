import type { ErrorKind } from '../../../core/driver-error.ts';

export interface ErrorRow {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  /** Where the text was seen; `assumed` is greppable. */
  readonly source: string;
}

const SEEN = 'facts of RouterOS 7: texts seen on routers';

/**
 * RouterOS's texts and what they mean here; the first match counts. A text that none matches is `protocol`: it is
 * logged, and nothing is concluded from it.
 */
export const ERROR_TABLE: readonly ErrorRow[] = [
  { pattern: /not enough permissions/i, kind: 'permission', source: SEEN },
  { pattern: /action timed out/i, kind: 'unavailable', source: SEEN },
  {
    pattern: /no space left|not enough (?:free )?(?:disk )?space|(?:disk|pool|file system) (?:is )?full/i,
    kind: 'exhausted',
    source: 'ASSUMED[full-pool]: the text of a full pool was never captured',
  },
  {
    pattern: /compression only available for btrfs/i,
    kind: 'unsupported',
    source: 'seen on an RDS2216 with 7.24',
  },
  {
    pattern: /\bbusy\b|in use|is used by|being used/i,
    kind: 'in-use',
    source: 'ASSUMED[busy-item]: the text of a busy item was never captured',
  },
  {
    pattern: /read-?only file system|input\/output error|i\/o error/i,
    kind: 'unavailable',
    source: 'ASSUMED[failing-pool]: the text of a failing pool was never captured',
  },
];

export const kindOf = (text: string): ErrorKind =>
  ERROR_TABLE.find(({ pattern }) => pattern.test(text))?.kind ?? 'protocol';
