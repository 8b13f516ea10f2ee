import { formatBytes } from '../../core/bytes.ts';
import { allVolumes } from '../../core/reconcile/all-volumes.ts';
import type { Orphan } from '../../core/reconcile/decide-orphans.ts';
import { decideRemains, type OrphanedRemains } from '../../core/reconcile/decide-remains.ts';
import { lookForOrphans } from '../../core/reconcile/look-for-orphans.ts';
import { COMMON_OPTIONS, wantsJson } from '../appliance-config.ts';
import { readCommandLine } from '../options.ts';
import type { Subcommand } from '../subcommand.ts';
import { table, toJson } from '../table.ts';
import { ORPHAN_SETTINGS_HELP, readOrphanConfig } from './settings.ts';
import { withCluster } from './with-cluster.ts';

const HELP = `rose-csi orphans list: volumes of this cluster that no PersistentVolume knows, and remains of volumes

Usage: rose-csi orphans list [-o json] [settings]

  -o json        for machines; sizes in bytes

KEPT: why it is not deleted by this driver; - where nobody can miss it.
Remains are images and subvolumes at the places of volumes that no volume uses. Only those go whose deletion was begun.
Looks once: a volume that is just being made or deleted may be among them. The sweeper (ORPHANS) looks twice.

${ORPHAN_SETTINGS_HELP}`;

/** @returns the exit code */
export const list: Subcommand = async (args, { environment, out, err, stop }) => {
  const line = readCommandLine(args, COMMON_OPTIONS);
  if (line.flag('help')) {
    out(HELP);
    return 0;
  }
  const json = wantsJson(line);
  return withCluster(readOrphanConfig(environment, line), stop, async (desk) => {
    const { backend, cluster, driver, server, clusterId } = desk;
    const context = desk.context();
    const volumes = await allVolumes(backend, context);
    const orphans = await lookForOrphans(volumes, cluster, driver, context.signal);
    const found = await backend.listRemains(context);
    const remains =
      found.length === 0 ? [] : decideRemains(found, await cluster.live(context.signal), driver, 0);
    err(`${volumes.length} volumes of cluster ${clusterId}; asked: ${server}\n`);
    out(json ? toJson(asJson(orphans, remains)) : asTable(orphans) + asRemainsTable(remains));
    return 0;
  });
};

const asJson = (orphans: readonly Orphan[], remains: readonly OrphanedRemains[]): object[] => [
  ...orphans.map(({ volume, keep }) => ({ ...volume, keep: keep ?? null })),
  ...remains.map((one) => ({ ...one.remains, keep: one.keep ?? null })),
];

const asRemainsTable = (remains: readonly OrphanedRemains[]): string =>
  remains.length === 0
    ? ''
    : `\n${table(
        ['REMAINS OF', 'NAME', 'SIZE', 'HOURS', 'PATH', 'KEPT'],
        remains.map(({ remains: { id, name, bytes, ageMs, path }, keep }) => [
          id,
          name ?? '-',
          bytes === undefined ? '-' : formatBytes(bytes),
          ageMs === undefined ? '-' : String(Math.floor(ageMs / HOUR_MS)),
          path,
          keep ?? '-',
        ]),
      )}`;

const HOUR_MS = 3_600_000;

const asTable = (orphans: readonly Orphan[]): string =>
  orphans.length === 0
    ? 'no orphans\n'
    : table(
        ['ID', 'NAME', 'SIZE', 'POOL', 'KEPT'],
        orphans.map(({ volume: { id, name, capacityBytes, pool }, keep }) => [
          id,
          name,
          formatBytes(capacityBytes),
          pool,
          keep ?? '-',
        ]),
      );
