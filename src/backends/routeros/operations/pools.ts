import { z } from 'zod';
import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { Pool } from '../../../core/storage/pool.ts';
import type { Conversation } from '../conversation/conversation.ts';
import {
  both,
  type Code,
  concatenation,
  differs,
  each,
  entry,
  equals,
  local,
  map,
  matches,
  property,
  variable,
} from '../script/code.ts';
import { rows } from '../script/command.ts';
import type { Reply } from '../script/reply.ts';
import { answer } from '../script/script.ts';
import { type CapacityRules, promisesOf, sumOfPromises } from './capacity.ts';
import { Coalescer } from './coalescer.ts';

/** A mounted file system that volumes can be kept on. Its name is its mount point: the first part of every path. */
export interface PoolFacts {
  readonly name: string;
  readonly fs: string;
  /** What `/disk/btrfs/subvolume` calls the file system by. */
  readonly label: string;
  readonly totalBytes: bigint;
  readonly freeBytes: bigint;
  /** Of all file disks in it, whoever made them; `thick` is a part of `all`. */
  readonly promised: { readonly all: bigint; readonly thick: bigint };
  /** RouterOS's own word, such as `clean` or `degraded`; "" where it has none. */
  readonly state: string;
}

/** What the appliance can do beyond the floor of versions, as configuration and version say. */
export interface PoolAbilities {
  /**
   * Whether an existing image at `file-path` becomes the disk: volumes from snapshots and volumes rest on it. Only a
   * doctor's write test can tell (docs/hardware-questions.md).
   */
  readonly adoptsImages: boolean;
}

export interface PoolsOptions {
  readonly conversation: Conversation;
  readonly appliance: string;
  readonly rules: CapacityRules;
  readonly abilities: PoolAbilities;
  /** Only these are used; empty: all that there are. */
  readonly only: readonly string[];
}

const PROPERTIES = ['slot', 'mount-point', 'fs', 'fs-label', 'size', 'free', 'state'] as const;
/** ASSUMED[raid-state]: a RAID's `state` begins with one of these words where members are missing; scrubbing is no fault. */
const DEGRADED = /degraded|failed|faulty/i;

const bytes = z.union([z.int().nonnegative(), z.bigint()]).transform(BigInt);
const word = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const schema = z.object({
  row: z.object({
    'mount-point': z.string(),
    fs: z.string(),
    'fs-label': word,
    size: bytes,
    free: bytes,
    state: word,
  }),
  all: bytes,
  thick: bytes,
});

/** What the file systems of the appliance hold and can still promise. */
export class Pools {
  /** Those that are used. */
  private known: ReadonlyMap<string, PoolFacts> = new Map();
  /** All that are mounted: a volume may be in one that is no longer used. */
  private mounted: readonly PoolFacts[] = [];
  private readonly reads = new Coalescer<readonly PoolFacts[]>();

  constructor(private readonly options: PoolsOptions) {}

  async list(context: CallContext): Promise<readonly Pool[]> {
    return (await this.read(context)).map((facts) => this.view(facts));
  }

  /**
   * A pool by its name; undefined: the first by name. From memory where it is known: scripts check what they rest on.
   * @throws BackendError `not-found`
   */
  async require(name: string | undefined, context: CallContext): Promise<PoolFacts> {
    const found = this.find(name) ?? ((await this.read(context)) && this.find(name));
    if (found) return found;
    const known = [...this.known.keys()].join(', ') || 'none';
    const { appliance } = this.options;
    throw new BackendError(
      'not-found',
      name === undefined
        ? `appliance ${appliance} has no pool: no disk with btrfs, xfs or ext4 is mounted there`
        : `pool ${JSON.stringify(name)} does not exist on appliance ${appliance}; there are: ${known}`,
    );
  }

  /** All that are known to be mounted, used or not; the appliance is asked where that is none. */
  async all(context: CallContext): Promise<readonly PoolFacts[]> {
    return this.mounted.length > 0 ? this.mounted : this.readAll(context);
  }

  /** All that are mounted now. */
  async readAll(context: CallContext): Promise<readonly PoolFacts[]> {
    await this.read(context);
    return this.mounted;
  }

  /** What was known of them turned out to be wrong: whoever needs them next asks the appliance. */
  forget(): void {
    this.known = new Map();
    this.mounted = [];
  }

  view({ name, totalBytes, state, ...facts }: PoolFacts): Pool {
    const degraded = DEGRADED.test(state);
    const btrfs = facts.fs === 'btrfs';
    const shared = btrfs && this.options.abilities.adoptsImages;
    return {
      name,
      totalBytes,
      availableBytes: promisesOf({ totalBytes, ...facts }, this.options.rules),
      state: degraded ? 'degraded' : 'online',
      ...(degraded && { stateReason: state }),
      capabilities: { snapshots: shared, clones: shared ? 'shared' : 'none', compression: btrfs },
    };
  }

  private find(name: string | undefined): PoolFacts | undefined {
    return name === undefined ? this.known.values().next().value : this.known.get(name);
  }

  private async read(context: CallContext): Promise<readonly PoolFacts[]> {
    const found = await this.reads.join('pools', context.signal, async (onSent, signal) => {
      const exchange = { operation: 'pools', body: [answerPools()], onSent };
      return poolsOf(await this.options.conversation.run(exchange, { ...context, signal }));
    });
    const { only } = this.options;
    this.mounted = found;
    const used = found.filter(({ name }) => only.length === 0 || only.includes(name));
    this.known = new Map(used.map((facts) => [facts.name, facts]));
    return used;
  }
}

function answerPools(): Code {
  const pool = variable('g');
  const folder = concatenation('^/', entry(pool, 'mount-point'), '/');
  const inPool = matches(property('file-path'), variable('w'));
  return each('g', rows('/disk', PROPERTIES, isPool()), [
    local('w', folder),
    ...sumOfPromises(inPool),
    answer('pool', map({ row: pool, all: variable('a'), thick: variable('t') })),
  ]);
}

/** Disks that are mounted and hold one of our file systems; not a guest's, which `mount-filesystem` may have mounted. */
const isPool = (): Code =>
  both(
    both(differs(property('type'), 'file'), matches(property('fs'), '^(btrfs|xfs|ext4)$')),
    matches(property('mount-point'), '^[A-Za-z0-9]'),
  );

/** The pool's own disk item, if it is still what was decided for. */
export const poolItem = ({ name, fs }: Pick<PoolFacts, 'name' | 'fs'>): Code =>
  both(
    both(differs(property('type'), 'file'), equals(property('mount-point'), name)),
    equals(property('fs'), fs),
  );

function poolsOf({ answers }: Reply): PoolFacts[] {
  const found = answers.filter(({ kind }) => kind === 'pool').map(({ value }) => poolFacts(value));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function poolFacts(value: unknown): PoolFacts {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BackendError(
      'protocol',
      `the appliance showed a pool in an unknown form: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const { row, all, thick } = parsed.data;
  return {
    name: row['mount-point'],
    fs: row.fs,
    label: row['fs-label'],
    totalBytes: row.size,
    freeBytes: row.free,
    promised: { all, thick },
    state: row.state,
  };
}
