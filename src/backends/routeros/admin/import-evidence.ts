import { z } from 'zod';
import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { answerDisks, type DiskRow, disksOf, ofSlot } from '../operations/disk-row.ts';
import { answerFiles, answerTexts, filesOf, textsOf } from '../operations/file-row.ts';
import { each, equals, matches, property, variable } from '../script/code.ts';
import { rows } from '../script/command.ts';
import { answer } from '../script/script.ts';
import type { AdminDeps } from './admin-deps.ts';
import { fileName, type RecordFile, recordFileOf } from './evidence.ts';
import { type RecordState, recordState } from './record-state.ts';

/** What else a disk item is used for, beside what {@link DiskRow} tells. */
export interface OtherUses {
  /** RouterOS's word: `file`, `hardware`, `raid`, `partition` … */
  readonly type: string;
  readonly fileOffset: bigint;
  readonly mountFilesystem: boolean;
  /** What RouterOS itself does with it, by the properties that say so. */
  readonly uses: readonly string[];
}

/** All that the decision to import a disk rests on. */
export interface ImportEvidence {
  readonly disk: DiskRow;
  readonly other: OtherUses;
  readonly state: RecordState;
  /** Every disk of the appliance, this one too. */
  readonly disks: readonly DiskRow[];
  /** Names of the pools that are mounted now. */
  readonly pools: readonly string[];
  /** undefined: the appliance shows no such file. */
  readonly image?: { readonly bytes?: bigint };
  /** The record of an import of this slot, in our folder. */
  readonly recordFile: RecordFile;
}

const SHARED_BY = ['iscsi-export', 'nfs-sharing', 'smb-sharing', 'media-sharing', 'swap'] as const;
const text = z
  .union([z.string(), z.boolean(), z.number(), z.bigint()])
  .nullish()
  .transform((value) => String(value ?? ''));
const schema = z.object({
  type: text,
  'file-offset': text,
  'mount-filesystem': text,
  'mount-point': text,
  'raid-master': text,
  disabled: text,
  'nvme-tcp-server-allow-host-name': text,
  'iscsi-export': text,
  'nfs-sharing': text,
  'smb-sharing': text,
  'media-sharing': text,
  swap: text,
});

/** Gathers it. Reads only. @throws BackendError `not-found` the appliance has no disk of that slot */
export async function readImportEvidence(
  { conversation, ownership, layout, pools }: AdminDeps,
  slot: string,
  context: CallContext,
): Promise<ImportEvidence> {
  const mounted = await pools.readAll(context);
  const first = await conversation.run(
    {
      operation: 'showVolume',
      body: [
        answerDisks(matches(property('slot'), '.')),
        each('d', rows('/disk', Object.keys(schema.shape), ofSlot(slot)), [answer('other', variable('d'))]),
      ],
    },
    context,
  );
  const disks = disksOf(first);
  const disk = disks.find((one) => one.slot === slot);
  if (!disk) {
    throw new BackendError('not-found', `appliance ${ownership.appliance} has no disk ${slot}`);
  }
  const { record } = layout.imported(disk.path, slot);
  const second = await conversation.run(
    {
      operation: 'showVolume',
      body: [
        answerFiles(equals(property('name'), fileName(disk.path))),
        answerTexts(equals(property('name'), record)),
      ],
    },
    context,
  );
  const [image] = filesOf(second);
  return {
    disk,
    other: otherUses(first.answers.find(({ kind }) => kind === 'other')?.value),
    state: recordState(disk, ownership),
    disks,
    pools: mounted.map(({ name }) => name),
    ...(image && { image: image.bytes === undefined ? {} : { bytes: image.bytes } }),
    recordFile: recordFileOf(textsOf(second)[0]?.contents, slot),
  };
}

function otherUses(value: unknown): OtherUses {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new BackendError('protocol', 'the appliance showed a disk in an unknown form');
  }
  const row = parsed.data;
  const uses = [
    ...SHARED_BY.filter((name) => isOn(row[name])),
    ...(row['mount-point'] === '' ? [] : [`mounted at ${row['mount-point']}`]),
    ...(row['raid-master'] === '' || row['raid-master'] === 'none' ? [] : [`part of ${row['raid-master']}`]),
    ...(isOn(row.disabled) ? ['disabled'] : []),
    ...(row['nvme-tcp-server-allow-host-name'] === ''
      ? []
      : [`nvme-tcp-server-allow-host-name=${row['nvme-tcp-server-allow-host-name']}`]),
  ];
  return {
    type: row.type,
    fileOffset: /^\d+$/.test(row['file-offset']) ? BigInt(row['file-offset']) : 0n,
    mountFilesystem: isOn(row['mount-filesystem']),
    uses,
  };
}

const isOn = (word: string): boolean => word === 'true' || word === 'yes';
