import type { Provisioning } from '../../../core/storage/volume.ts';
import { isOwnSlot } from '../../../core/storage/volume-id.ts';
import { type DiskRow, portOf } from '../operations/disk-row.ts';
import { poolOfPath } from '../operations/owned-volume.ts';
import { type NvmePorts, portCandidates } from '../operations/ports.ts';
import { type FileRecord, type ItemBefore, writeFileRecord } from '../records/file-record.ts';
import type { Layout } from '../records/layout.ts';
import { storeName } from '../records/stored-name.ts';
import { clusterTag, writeRecord } from '../records/volume-record.ts';
import type { ImportEvidence } from './import-evidence.ts';

/** What a person wishes of an import. */
export interface ImportWish {
  /** Stop its export, and so cut off whoever is connected. */
  readonly stopExport: boolean;
  readonly provisioning: Provisioning;
}

export interface ImportSurroundings {
  readonly layout: Layout;
  readonly ports: NvmePorts;
  /** A revision that no earlier record has had, as far as chance allows. */
  readonly revision: number;
}

/** What an import writes, and what was there. */
export interface ImportPlan {
  /** The disk item as it was seen: the import's condition. */
  readonly disk: DiskRow;
  readonly port: number;
  readonly comment: string;
  readonly before: ItemBefore;
  readonly file: { readonly name: string; readonly contents: string };
}

export type ImportDecision =
  | { readonly kind: 'imported' }
  /** Everything that stands against it, in words. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | { readonly kind: 'plan'; readonly plan: ImportPlan };

/** Whether and how a disk becomes a volume of our cluster. Decides; touches nothing. */
export function planImport(
  evidence: ImportEvidence,
  wish: ImportWish,
  around: ImportSurroundings,
): ImportDecision {
  const { disk, state } = evidence;
  if (state.state === 'ok' && state.record.imported && !disk.exported) return { kind: 'imported' };
  const port = freePort(evidence, around.ports);
  const reasons = [
    ...ofRecord(evidence),
    ...ofImage(evidence),
    ...ofUse(evidence, wish),
    ...(port === undefined
      ? ['every NVMe/TCP port of the configured range is taken; widen RDS_NVME_PORTS']
      : []),
  ];
  if (reasons.length > 0 || port === undefined) return { kind: 'refused', reasons };
  return { kind: 'plan', plan: plan(disk, evidence, port, wish, around) };
}

function plan(
  disk: DiskRow,
  { other }: ImportEvidence,
  port: number,
  { provisioning }: ImportWish,
  { layout, revision }: ImportSurroundings,
): ImportPlan {
  const { slot, path } = disk;
  const before: ItemBefore = {
    comment: disk.comment,
    exported: disk.exported,
    nqn: disk.nqn,
    port: disk.port,
    mountFilesystem: other.mountFilesystem,
  };
  const comment = writeRecord({
    cluster: clusterTag(layout.clusterId),
    revision,
    provisioning,
    port,
    mayFormat: false,
    everPublished: true,
    imported: true,
    publications: [],
    name: storeName(slot),
  });
  const contents = writeFileRecord({
    cluster: layout.clusterId,
    slot,
    name: slot,
    provisioning,
    mayFormat: false,
    port,
    imported: { image: path, before },
  });
  return { disk, port, comment, before, file: { name: layout.imported(path, slot).record, contents } };
}

const ANY_CLUSTERS_FOLDER = /^\/[^/]+\/csi\//;

function ofRecord({ disk, state, recordFile }: ImportEvidence): string[] {
  switch (state.state) {
    case 'ok':
      return [
        state.record.imported
          ? 'it is imported, and still exported: unpublish it, or release it where nobody uses it'
          : 'it is a volume that this cluster’s driver made',
      ];
    case 'edited':
      return ['it is a volume of this cluster whose comment somebody changed: see `rose-csi volumes repair`'];
    case 'newer':
      return ['a newer version of this driver wrote its record'];
    case 'other-cluster':
      return ['it is a volume of another cluster; give it back there first (`rose-csi volumes release`)'];
    case 'foreign':
      break;
  }
  return [
    ...(recordFile.state === 'record' && wasTaken(disk, recordFile.record)
      ? ['it was imported, and its comment was taken off since: see `rose-csi volumes repair`']
      : []),
    ...(isOwnSlot(disk.slot) ? ['its slot has the form of those that this driver gives itself'] : []),
    ...(ANY_CLUSTERS_FOLDER.test(disk.path)
      ? [`its image ${disk.path} lies in a folder of this driver: see \`rose-csi volumes recover\``]
      : []),
  ];
}

/** An import that was cut before it changed anything left the same record: then the item is still what it was. */
function wasTaken(disk: DiskRow, { imported }: FileRecord): boolean {
  if (imported?.image !== disk.path) return false;
  const { comment, exported, nqn, port } = imported.before;
  return disk.comment !== comment || disk.exported !== exported || disk.nqn !== nqn || disk.port !== port;
}

function ofImage({ disk, other, image, pools, disks }: ImportEvidence): string[] {
  if (other.type !== 'file') return [`it is a disk of type ${other.type || 'unknown'}, not a file`];
  const pool = poolOfPath(disk.path);
  const twin = disks.find(({ slot, path }) => slot !== disk.slot && path === disk.path);
  return [
    ...(pools.includes(pool) ? [] : [`its image is in ${pool || 'no pool'}, which is not mounted now`]),
    ...(image && disk.bytes > 0n ? [] : [`there is no image at ${disk.path}`]),
    ...(image?.bytes === undefined || image.bytes === disk.bytes
      ? []
      : [`the disk has ${disk.bytes} bytes, its image ${image.bytes}`]),
    ...(other.fileOffset === 0n ? [] : [`it begins ${other.fileOffset} bytes into its image`]),
    ...(twin ? [`disk ${twin.slot} uses the same image`] : []),
  ];
}

function ofUse({ disk, other }: ImportEvidence, { stopExport }: ImportWish): string[] {
  return [
    ...other.uses.map((use) => `RouterOS itself uses it, or limits its use (${use}): change that first`),
    ...(disk.exported && !stopExport
      ? [
          `it is exported as ${disk.nqn} on port ${disk.port}. RouterOS does not tell who is connected: see to it that ` +
            'nobody is (no node shows that NQN in `nvme list-subsys`), and say --stop-export',
        ]
      : []),
  ];
}

/** No other disk has it: a port of its own keeps mounts alive over a reboot of the appliance. */
function freePort({ disk, disks }: ImportEvidence, ports: NvmePorts): number | undefined {
  if (ports.mode === 'shared') return ports.port;
  const taken = new Set(disks.filter(({ slot }) => slot !== disk.slot).map(portOf));
  for (let round = 0; ; round += 1) {
    const candidates = portCandidates(disk.slot, ports, round);
    const free = candidates?.find((port) => !taken.has(port));
    if (!candidates || free !== undefined) return free;
  }
}
