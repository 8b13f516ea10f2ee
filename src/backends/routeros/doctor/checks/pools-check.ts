import { z } from 'zod';
import { formatBytes } from '../../../../core/bytes.ts';
import { both, differs, each, matches, property, variable } from '../../script/code.ts';
import { rows } from '../../script/command.ts';
import { answer } from '../../script/script.ts';
import { allAnswered } from '../answers.ts';
import { type Check, type Finding, failed } from '../check.ts';
import type { Patient } from '../patient.ts';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const bytes = z
  .union([z.int().nonnegative(), z.bigint()])
  .nullish()
  .transform((value) => BigInt(value ?? 0));
const schema = z.object({
  slot: z.string(),
  fs: text,
  'fs-label': text,
  'mount-point': text,
  size: bytes,
  free: bytes,
  state: text,
});
export type PoolRow = z.infer<typeof schema>;

const PROPERTIES = ['slot', 'fs', 'fs-label', 'mount-point', 'size', 'free', 'state'] as const;

/**
 * @param wanted the pools that the driver is to use; empty: all
 * @param reservePercent what it keeps free
 */
export const poolsCheck = (wanted: readonly string[], reservePercent: number): Check => ({
  id: 'pools',
  title: 'there are pools, mounted and healthy',
  needs: ['version', 'package'],
  settles: ['raid-state'],
  run: async (patient) => judge(await readPools(patient), wanted, reservePercent),
});

/** Disks with a file system that volumes can be kept on, mounted or not, by their mount points. */
export async function readPools(patient: Patient): Promise<PoolRow[]> {
  const where = both(differs(property('type'), 'file'), matches(property('fs'), '^(btrfs|xfs|ext4)$'));
  const reply = await patient.ask('pools', [
    each('g', rows('/disk', PROPERTIES, where), [answer('pool', variable('g'))]),
  ]);
  if (reply.error !== undefined) throw new Error(`the appliance answered: ${reply.error}`);
  const pools = allAnswered(reply, 'pool').map((value) => schema.parse(value));
  return pools.sort((a, b) => (a['mount-point'] < b['mount-point'] ? -1 : 1));
}

function judge(pools: readonly PoolRow[], wanted: readonly string[], reservePercent: number): Finding {
  const seen = pools.map(describe).join('; ') || 'no disk has btrfs, xfs or ext4';
  const mounted = pools.filter((pool) => pool['mount-point'] !== '');
  if (mounted.length === 0) {
    return failed(
      seen,
      'format a disk or a RAID: /disk format <slot> file-system=btrfs, and see that it is mounted',
    );
  }
  const absent = wanted.filter((name) => !mounted.some((pool) => pool['mount-point'] === name));
  if (absent.length > 0) {
    return failed(
      `${seen}; RDS_POOL names ${absent.join(', ')}`,
      `RDS_POOL takes mount points: ${mounted.map((pool) => pool['mount-point']).join(', ')}`,
    );
  }
  const used = mounted.filter((pool) => wanted.length === 0 || wanted.includes(pool['mount-point']));
  const labels = used.filter(({ fs }) => fs === 'btrfs').map((pool) => pool['fs-label']);
  if (labels.includes('')) {
    return failed(
      `${seen}; a btrfs pool has no label`,
      'RouterOS names btrfs pools by their labels: give it one',
    );
  }
  const clash = duplicate(labels);
  if (clash !== undefined) {
    return failed(
      `${seen}; two btrfs pools have the label ${JSON.stringify(clash)}`,
      'RouterOS names btrfs pools by their labels: give each one of its own',
    );
  }
  const notes = used.flatMap((pool) => worries(pool, reservePercent));
  return notes.length === 0 ? { status: 'ok', seen } : { status: 'warning', seen, remedy: notes.join('; ') };
}

const describe = (pool: PoolRow): string =>
  [
    `${pool.slot} ${pool.fs}`,
    pool['mount-point'] === '' ? 'NOT mounted' : `at ${pool['mount-point']}`,
    `${formatBytes(pool.free)} of ${formatBytes(pool.size)} free`,
    ...(pool.state === '' ? [] : [pool.state]),
  ].join(', ');

function worries(pool: PoolRow, reservePercent: number): string[] {
  const name = pool['mount-point'];
  const full = pool.free * 100n < pool.size * BigInt(reservePercent);
  return [
    ...(full ? [`${name} has less free than RDS_POOL_RESERVE_PERCENT keeps: no new volumes there`] : []),
    ...(/degraded|failed|faulty/i.test(pool.state)
      ? [`${name} is not healthy: replace what has failed`]
      : []),
    ...(/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? [] : [`${name} is no name that a StorageClass can use`]),
  ];
}

function duplicate(labels: readonly string[]): string | undefined {
  return labels.find((label, at) => labels.indexOf(label) !== at);
}
