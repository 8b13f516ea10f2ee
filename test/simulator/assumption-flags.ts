import { type Assumptions, KIND, UNKIND } from './appliance/assumptions.ts';
import { SSH_ASSUMPTIONS, type SshAssumptions } from './ssh/assumptions.ts';

export interface AllAssumptions {
  readonly appliance: Assumptions;
  readonly ssh: SshAssumptions;
}

type Both = Assumptions & SshAssumptions;
/** Those that are one word of several. */
type Words = { [Name in keyof Both]: Both[Name] extends string ? Name : never }[keyof Both];

/** What each may be. The compiler asks for a row where one is new. */
const WORDS: { readonly [Name in Words]: readonly Both[Name][] } = {
  existingImage: ['refused', 'adopted', 'truncated'],
  missingFolder: ['refused', 'created'],
  imageAllocation: ['full', 'sparse'],
  fileCopy: ['allocates', 'shares'],
  growthWhileExported: ['at-next-export', 'at-once'],
  shrink: ['refused', 'done'],
  stopExport: ['drops', 'keeps-session', 'busy', 'hangs'],
  changeWhileExported: ['refused', 're-exports'],
  targetWhileNotExported: ['hidden', 'shown'],
  rebootExports: ['late', 'at-once'],
  duplicateNqn: ['refused', 'allowed'],
  duplicatePort: ['allowed', 'refused'],
  duplicatePath: ['refused', 'allowed'],
  allowHostName: ['one-host-nqn', 'comma-list'],
  compressFileDisk: ['by-pool', 'by-own-file-system'],
  removeFolder: ['refused', 'with-content'],
  removeUsedFile: ['busy', 'done'],
  removeUsedSubvolume: ['busy', 'done'],
  subvolumeSpace: ['later', 'at-once'],
  subvolumeParent: ['either', 'name', 'fullname'],
  falseFlags: ['absent', 'false'],
  parallelChannels: ['one-at-a-time', 'parallel'],
  sessionLimit: ['login-refused', 'closed-at-accept'],
  loginNameWidth: ['shell-only', 'exec-too'],
  deadSession: ['stops', 'runs-on'],
};

/** Played one way only. */
const FIXED = ['statementAtomic'];

export class AssumptionError extends Error {}

/**
 * The assumptions that a command line asks for. A value is one word of several, a number or `none`, `yes` or `no`, or
 * words between commas.
 * @param kind starts from the kind variants
 * @throws AssumptionError
 */
export function assume(kind: boolean, changes: readonly (readonly [string, string])[]): AllAssumptions {
  const appliance: Record<string, unknown> = kind ? { ...KIND } : { ...UNKIND };
  const ssh: Record<string, unknown> = { ...SSH_ASSUMPTIONS };
  for (const [name, value] of changes) {
    const table = [appliance, ssh].find((candidate) => Object.hasOwn(candidate, name));
    if (!table || FIXED.includes(name)) throw new AssumptionError(`there is no assumption ${name} to change`);
    table[name] = read(name, value, table[name]);
  }
  return { appliance: appliance as unknown as Assumptions, ssh: ssh as unknown as SshAssumptions };
}

/** One line for each: its name and what it may be, the default first. */
export function assumptionHelp(): string[] {
  const defaults = Object.entries({ ...UNKIND, ...SSH_ASSUMPTIONS });
  const free = defaults.filter(([name]) => !FIXED.includes(name));
  return free.map(([name, value]) => `${name}=${wordsOf(name)?.join('|') ?? plainHelp(value)}`);
}

const wordsOf = (name: string): readonly string[] | undefined =>
  Object.hasOwn(WORDS, name) ? WORDS[name as Words] : undefined;

const plainHelp = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'yes|no' : 'no|yes';
  return value === undefined ? 'none|NUMBER' : String(value);
};

function read(name: string, value: string, fallback: unknown): unknown {
  const words = wordsOf(name);
  if (words?.includes(value)) return value;
  if (words) throw new AssumptionError(`${name} is one of ${words.join(', ')}`);
  if (Array.isArray(fallback)) return value.split(',');
  if (typeof fallback === 'boolean') return yesOrNo(name, value);
  if (value === 'none') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new AssumptionError(`${name} is a number`);
}

function yesOrNo(name: string, value: string): boolean {
  if (value === 'yes' || value === 'no') return value === 'yes';
  throw new AssumptionError(`${name} is yes or no`);
}
