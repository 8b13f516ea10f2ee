import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../core/observe/logger.ts';
import type { NqnNaming } from '../../../core/storage/nqn.ts';
import { parseHandle, volumeId } from '../../../core/storage/volume-id.ts';
import { type MockRecord, snapshotsOf, type VolumeRecord } from '../record.ts';
import { type DurableFiles, exists } from './durable-files.ts';
import { isStaged, type Layout, slotOfImage } from './layout.ts';

export interface Recovery {
  readonly layout: Layout;
  readonly files: DurableFiles;
  readonly naming: NqnNaming;
  readonly appliance: string;
  readonly logger: Logger;
}

/**
 * Brings a data folder back to what its records say, after a process that may have been killed at any moment.
 * Only files in our own form are touched; what is not ours stays and is logged.
 * @returns the records, those of volumes whose expansion had reached the image rolled forward: a node may have
 * attached the larger image, so it is never cut
 */
export async function recover(records: readonly MockRecord[], recovery: Recovery): Promise<MockRecord[]> {
  const { layout } = recovery;
  const volumes = records.filter((record) => record.kind === 'volume');
  const volumeSlots = new Set(volumes.map(({ slot }) => slot));
  const snapshotSlots = new Set(records.flatMap(snapshotsOf).map(({ slot }) => slot));
  await sweep(recovery, layout.staging, (file) => (isStaged(file) ? 'remove' : 'foreign'));
  await sweep(recovery, layout.volumes, imagesOf(volumeSlots));
  await sweep(recovery, layout.snapshots, imagesOf(snapshotSlots));
  await sweep(recovery, layout.exports, exportsOf(volumes, recovery));
  for (const record of volumes) await exportAgain(record, recovery);
  return Promise.all(records.map((record) => rolledForward(record, recovery)));
}

type Verdict = 'keep' | 'remove' | 'foreign';

async function sweep(
  { files, logger }: Recovery,
  folder: string,
  judge: (file: string) => Verdict,
): Promise<void> {
  for (const file of await readdir(folder)) {
    const path = join(folder, file);
    const verdict = judge(file);
    if (verdict === 'foreign')
      logger.warn({ path }, 'a file in the data folder is not ours; it is left alone');
    if (verdict !== 'remove') continue;
    logger.info({ path }, 'removing what an interrupted operation left in the data folder');
    await files.remove(path);
  }
}

function imagesOf(slots: ReadonlySet<string>): (file: string) => Verdict {
  return (file) => {
    const slot = slotOfImage(file);
    if (slot === undefined) return 'foreign';
    return slots.has(slot) ? 'keep' : 'remove';
  };
}

function exportsOf(
  volumes: readonly VolumeRecord[],
  { naming, appliance }: Recovery,
): (file: string) => Verdict {
  const epochs = new Map(volumes.map(({ slot, epoch }) => [slot, epoch]));
  return (file) => {
    const parsed = naming.parse(file);
    const handle = parsed && parseHandle(parsed.id);
    if (!handle || handle.appliance !== appliance) return 'foreign';
    return epochs.get(handle.slot) === parsed.epoch ? 'keep' : 'remove';
  };
}

/** With the recorded epoch: a node that has it attached, or still asks for it, is in the right. */
async function exportAgain({ slot, epoch }: VolumeRecord, recovery: Recovery): Promise<void> {
  const { layout, naming, appliance, files } = recovery;
  if (epoch === undefined) return;
  const path = layout.export(naming.forExport(volumeId(appliance, slot), epoch));
  if ((await exists(path)) || !(await exists(layout.volumeImage(slot)))) return;
  await files.link(layout.volumeImage(slot), path);
}

async function rolledForward(record: MockRecord, { layout, logger }: Recovery): Promise<MockRecord> {
  if (record.kind !== 'volume' || !(await exists(layout.volumeImage(record.slot)))) return record;
  const { size } = await stat(layout.volumeImage(record.slot), { bigint: true });
  if (size <= record.capacityBytes) return record;
  const fields = { slot: record.slot, from: String(record.capacityBytes), to: String(size) };
  logger.info(fields, 'finishing the expansion of a volume whose image had grown already');
  return { ...record, capacityBytes: size };
}
