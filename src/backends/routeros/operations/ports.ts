import { createHash } from 'node:crypto';
import {
  assign,
  both,
  type Code,
  equals,
  greater,
  length,
  local,
  loop,
  minus,
  plus,
  property,
  remainder,
  variable,
  when,
} from '../script/code.ts';
import { find } from '../script/command.ts';
import { refuse } from '../script/script.ts';

/**
 * Which TCP port a volume is exported on. A port of its own keeps mounts alive when exports come back one by one after
 * the appliance rebooted: kernels from about 6.10 give up for good on a port that answers for others already (run on
 * 6.12, docs/decisions/).
 */
export type NvmePorts =
  | { readonly mode: 'per-volume'; readonly first: number; readonly last: number }
  | { readonly mode: 'shared'; readonly port: number };

/** Why a script refused: every port of the range is taken. */
export const NO_PORT = 'no-port';

/** Chooses a port that no disk has, into the variable `p`; where the search begins depends on the slot alone. */
export function choosePort(slot: string, ports: NvmePorts): Code[] {
  if (ports.mode === 'shared') return [local('p', ports.port)];
  const count = ports.last - ports.first + 1;
  const hash = createHash('sha256').update(slot).digest();
  return [
    local('p', ports.first + (hash.readUInt32BE(0) % count)),
    local('n', 0),
    loop(
      both(greater(length(disksOnPort()), 0), greater(count, variable('n'))),
      next(hash, ports.first, count),
    ),
    when(equals(variable('n'), count), [refuse(NO_PORT)]),
  ];
}

/**
 * After the disk was added: two scripts may have chosen one port at the same moment. Each then goes on from where it
 * is, in steps of its own; nothing is exported yet.
 */
export function leaveSharedPort(slot: string, ports: NvmePorts, move: Code): Code[] {
  if (ports.mode === 'shared') return [];
  const count = ports.last - ports.first + 1;
  const hash = createHash('sha256').update(slot).digest();
  const search = loop(
    both(greater(length(disksOnPort()), 0), greater(count, variable('n'))),
    next(hash, ports.first, count),
  );
  return [when(greater(length(disksOnPort()), 1), [search, move])];
}

const disksOnPort = (): Code => find('/disk', equals(property('nvme-tcp-server-port'), variable('p')));

function next(hash: Buffer, first: number, count: number): Code[] {
  const step = stepOf(hash, count);
  return [
    assign('p', plus(remainder(plus(minus(variable('p'), first), step), count), first)),
    assign('n', plus(variable('n'), 1)),
  ];
}

/** A step that has no divisor in common with the count comes by every port. */
function stepOf(hash: Buffer, count: number): number {
  let step = 1 + (hash.readUInt32BE(4) % count);
  while (commonDivisor(step, count) !== 1) step = (step % count) + 1;
  return step;
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
