import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { DiskRow } from '../operations/disk-row.ts';
import { ofSlot } from '../operations/disk-row.ts';
import type { ItemBefore } from '../records/file-record.ts';
import { both, equals, property, when } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import { done } from '../script/script.ts';
import { fileNamed, isThere } from '../strategies/files.ts';
import type { AdminDeps } from './admin-deps.ts';
import { hasChanged, restore } from './import.ts';
import type { ImportEvidence } from './import-evidence.ts';

/** What a release makes of a disk item. */
export interface ReleasePlan {
  readonly disk: DiskRow;
  readonly before: ItemBefore;
  /** The record of the import, which goes. */
  readonly file: string;
}

/** @throws BackendError `precondition` it is no imported volume, or what it was is not known · `in-use` */
export function planRelease({ disk, state, recordFile }: ImportEvidence, { layout }: AdminDeps): ReleasePlan {
  const { slot } = disk;
  if (state.state !== 'ok' || !state.record.imported) {
    throw new BackendError('precondition', `disk ${slot} is not imported: ${STATES[state.state]}`);
  }
  const holders = state.record.publications.map(({ node }) => node).join(', ');
  if (holders !== '')
    throw new BackendError('in-use', `disk ${slot} is published to ${holders}; unpublish it there first`);
  if (disk.exported) {
    throw new BackendError(
      'in-use',
      `disk ${slot} is still exported, as ${disk.nqn}; unpublish it again first`,
    );
  }
  const { record: file } = layout.imported(disk.path, slot);
  const before = recordFile.state === 'record' ? recordFile.record.imported?.before : undefined;
  if (before) return { disk, before, file };
  throw new BackendError(
    'precondition',
    `what disk ${slot} was before it was imported is not known any more: ${file} is ${recordFile.state}. Set its ` +
      'comment by hand on the appliance; without this driver’s record it is no volume of this cluster',
  );
}

const STATES = {
  ok: 'it is a volume that the driver made',
  edited: 'its comment is not as the driver wrote it; see `rose-csi volumes repair`',
  newer: 'a newer version of this driver wrote its record',
  'other-cluster': 'it is another cluster’s',
  foreign: 'it is nothing of this driver’s',
} as const;

/** Gives an imported disk back as it was. */
export class Release {
  constructor(private readonly deps: AdminDeps) {}

  /** @throws BackendError `changed` somebody else wrote first: nothing was changed */
  async run({ disk, before, file }: ReleasePlan, context: CallContext): Promise<void> {
    const isBack = find('/disk', both(ofSlot(disk.slot), equals(property('comment'), before.comment)));
    const statements = [
      ...restore(disk.slot, disk.comment, before),
      // The last step: a release that was cut before it leaves a file that the next import writes anew.
      when(isThere(isBack), [command('/file', 'remove', {}, { items: fileNamed(file) })]),
      done(),
    ];
    const written = await this.deps.disks.write('releaseVolume', disk.slot, statements, context);
    if (written.disk?.comment !== before.comment) throw hasChanged(disk.slot);
  }
}
