import { createHash } from 'node:crypto';
import { BEFORE_PORT_PATTERN } from '../records/volume-record.ts';
import {
  assign,
  type Code,
  concatenation,
  each,
  either,
  element,
  equals,
  greater,
  length,
  list,
  matches,
  property,
  variable,
  when,
} from '../script/code.ts';
import { find } from '../script/command.ts';
import { refuse } from '../script/script.ts';
import { isAbsent } from '../strategies/files.ts';

/**
 * Which TCP port a volume is exported on. A port of its own keeps mounts alive when exports come back one by one after
 * the appliance rebooted: kernels from about 6.10 give up for good on a port that answers for others already (run on
 * 6.12).
 */
export type NvmePorts =
  | { readonly mode: 'per-volume'; readonly first: number; readonly last: number }
  | { readonly mode: 'shared'; readonly port: number };

/** Why a script refused: all the ports that it tried are taken. */
export const NO_PORT = 'no-port';

/** Tried in one script; with half of the range taken, one in sixteen needs a second. */
const CANDIDATES = 4;

/**
 * The ports to try for a slot, in an order of its own that comes by every port of the range.
 * @param round counted from 0; undefined once all have been tried
 */
export function portCandidates(slot: string, ports: NvmePorts, round: number): readonly number[] | undefined {
  if (ports.mode === 'shared') return round === 0 ? [ports.port] : undefined;
  const count = ports.last - ports.first + 1;
  const hash = createHash('sha256').update(slot).digest();
  const [start, step] = [hash.readUInt32BE(0) % count, stepOf(hash.readUInt32BE(4), count)];
  const offsets = Array.from({ length: CANDIDATES }, (_, at) => round * CANDIDATES + at);
  const left = offsets.filter((offset) => offset < count);
  return left.length === 0 ? undefined : left.map((at) => ports.first + ((start + at * step) % count));
}

/**
 * Chooses the first port that no disk has into `p`, which is 0, and the record that names it into `u`.
 * @param comments the record for each port
 */
export function choosePort(
  ports: NvmePorts,
  comments: readonly { readonly port: number; readonly comment: string }[],
): Code[] {
  const candidates = list(comments.map(({ port, comment }) => list([port, comment])));
  const [port, comment] = [element(variable('y'), 0), element(variable('y'), 1)];
  const open = equals(variable('p'), 0);
  const take = [assign('p', port), assign('u', comment)];
  // One inside the other: RouterOS evaluates both sides of `&&`, and each search goes through all disks.
  const tryPort = ports.mode === 'shared' ? take : [when(isAbsent(disksOnPort(port)), take)];
  return [each('y', candidates, [when(open, tryPort)]), when(open, [refuse(NO_PORT)])];
}

/** After the disk was added: whether another script has chosen the same port at the same moment. */
export const portIsShared = (): Code => greater(length(disksOnPort(variable('p'))), 1);

/** Disks on this port by the item and by its record: an item that is not exported may not show its port. */
export const disksOnPort = (port: number | Code): Code =>
  find(
    '/disk',
    either(
      equals(property('nvme-tcp-server-port'), port),
      matches(property('comment'), concatenation(BEFORE_PORT_PATTERN, port, ';')),
    ),
  );

/** A step that has no divisor in common with the count comes by every port. */
function stepOf(random: number, count: number): number {
  let step = 1 + (random % count);
  while (commonDivisor(step, count) !== 1) step = (step % count) + 1;
  return step;
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));
