import type { Provisioning } from '../../../core/storage/volume.ts';
import { THICK_PATTERN } from '../records/volume-record.ts';
import {
  assign,
  both,
  type Code,
  divide,
  each,
  entry,
  equals,
  greater,
  local,
  matches,
  minus,
  type Operand,
  plus,
  property,
  times,
  typeOf,
  variable,
  when,
} from '../script/code.ts';
import { rows } from '../script/command.ts';
import { refuse } from '../script/script.ts';

/** How much of a pool may be promised. */
export interface CapacityRules {
  /** Percent of a pool's size that new volumes never take. */
  readonly reservePercent: number;
  /** How often the space of thin volumes may be promised, in thousandths: 1000 promises it once. */
  readonly overcommitThousandths: number;
}

interface Holdings {
  readonly totalBytes: bigint;
  readonly freeBytes: bigint;
  readonly promised: { readonly all: bigint; readonly thick: bigint };
}

const THOUSAND = 1000n;

/**
 * What a pool can still promise. Both its free space and the sizes of all images count: whether RouterOS allocates an
 * image in full when it makes it is not known, and must not matter (docs/hardware-questions.md).
 */
export function promisesOf(pool: Holdings, rules: CapacityRules): Record<Provisioning, bigint> {
  const overcommit = BigInt(rules.overcommitThousandths);
  const reserve = (pool.totalBytes / 100n) * BigInt(rules.reservePercent);
  const thin = pool.promised.all - pool.promised.thick;
  const cost = pool.promised.thick + (thin * THOUSAND + overcommit - 1n) / overcommit;
  const left = [pool.freeBytes - reserve, pool.totalBytes - reserve - cost];
  const thick = left.reduce((least, bytes) => (bytes < least ? bytes : least));
  return thick <= 0n ? { thin: 0n, thick: 0n } : { thick, thin: (thick * overcommit) / THOUSAND };
}

/** Why a script refused for lack of space. */
export const NO_SPACE = 'no-space';

/** Sums the sizes of the disks that fit: all of them into `a`, thick ones into `t`. */
export const sumOfPromises = (where: Code): Code[] => [
  ...sum('a', where),
  ...sum('t', both(where, matches(property('comment'), THICK_PATTERN))),
];

const sum = (name: string, where: Code): Code[] => [
  local(name, 0),
  each('x', rows('/disk', ['size'], where), [
    // An item whose image is gone shows no size; what RouterOS makes of a number and nothing is not known.
    when(equals(typeOf(entry(variable('x'), 'size')), 'num'), [
      assign(name, plus(variable(name), entry(variable('x'), 'size'))),
    ]),
  ]),
];

/** Refuses unless the pool has `bytes` free beside its reserve. Needs its item's `size` in `z` and `free` in `f`. */
export function requireFree(bytes: Operand, provisioning: Provisioning, rules: CapacityRules): Code {
  const free = minus(variable('f'), reserveOf(rules));
  const factor = provisioning === 'thick' ? 1000 : rules.overcommitThousandths;
  return when(greater(times(bytes, 1000), times(free, factor)), [refuse(NO_SPACE)]);
}

/**
 * Runs `otherwise` where the sizes of all images, with `extra` bytes more, are beyond what may be promised. Needs the
 * pool's `size` in `z`, and {@link sumOfPromises} before.
 */
export function unlessPromised(
  extra: bigint | Code,
  provisioning: Provisioning,
  rules: CapacityRules,
  otherwise: readonly Code[],
): Code {
  const thick = provisioning === 'thick' ? plus(variable('t'), extra) : variable('t');
  const thin = minus(variable('a'), variable('t'));
  const thinAfter = provisioning === 'thick' ? thin : plus(thin, extra);
  const { overcommitThousandths: factor } = rules;
  const cost = plus(thick, divide(plus(times(thinAfter, 1000), factor - 1), factor));
  return when(greater(cost, minus(variable('z'), reserveOf(rules))), otherwise);
}

const reserveOf = ({ reservePercent }: CapacityRules): Code =>
  times(divide(variable('z'), 100), reservePercent);
