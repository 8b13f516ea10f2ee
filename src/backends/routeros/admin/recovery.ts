import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { addDisk } from '../operations/add-disk.ts';
import { answerDisks, disksOf, ofSlot } from '../operations/disk-row.ts';
import {
  answerFiles,
  answerTexts,
  type FileRow,
  filesOf,
  type TextFile,
  textsOf,
} from '../operations/file-row.ts';
import { both, type Code, either, equals, matches, property, when } from '../script/code.ts';
import { find, propertyOf } from '../script/command.ts';
import { quoteRegex } from '../script/quote.ts';
import { refuse } from '../script/script.ts';
import { fileNamed, isAbsent, isThere } from '../strategies/files.ts';
import type { AdminDeps } from './admin-deps.ts';
import { fileName } from './evidence.ts';
import { randomRevision } from './random-revision.ts';
import { importedImage, planRecovery, type Recoverable, type RecoveryPlan } from './recovery-plan.ts';

/** Why a script refused: what the plan rests on has changed. */
const CHANGED = 'changed';

/** Makes disk items again from the records beside the images, after the appliance's configuration was reset. */
export class Recovery {
  constructor(private readonly deps: AdminDeps) {}

  /** Reads only. */
  async plan(context: CallContext): Promise<RecoveryPlan> {
    const { conversation, pools, ownership, layout, strategies, ports, random } = this.deps;
    const known = await pools.all(context);
    // Not below `snap/`: snapshots have the files of their volumes in them.
    const kept = (ending: string) =>
      matches(
        property('name'),
        `^[^/]+/csi/${quoteRegex(layout.clusterId)}/(imported/)?[^/]+(/volume)?[.]${ending}$`,
      );
    const body = [
      answerFiles(kept('img')),
      answerTexts(kept('rec')),
      answerDisks(matches(property('slot'), '.')),
    ];
    const reply = await conversation.run({ operation: 'findRemains', body }, context);
    const records = textsOf(reply);
    const images = [...filesOf(reply), ...(await this.importedImages(records, context))];
    const remains = { pools: known, images, records, disks: disksOf(reply) };
    return planRecovery(remains, {
      appliance: ownership.appliance,
      layout,
      strategies,
      ownPorts: ports.mode === 'per-volume',
      revision: () => randomRevision(random),
    });
  }

  /** They lie wherever they lay before the driver. */
  private async importedImages(records: readonly TextFile[], context: CallContext): Promise<FileRow[]> {
    const images = records
      .map(({ contents }) => importedImage(contents))
      .filter((image) => image !== undefined);
    if (images.length === 0) return [];
    const where = images.map((image) => equals(property('name'), fileName(image))).reduce(either);
    const reply = await this.deps.conversation.run(
      { operation: 'findRemains', body: [answerFiles(where)] },
      context,
    );
    return filesOf(reply);
  }

  /**
   * Adds one disk item, if nothing has changed since the plan was made.
   * @throws BackendError `changed` something has · `precondition` RouterOS made another disk of it than its image was
   */
  async add(wanted: Recoverable, context: CallContext): Promise<void> {
    const { slot, bytes, place, comment } = wanted;
    const { reply, disk } = await this.deps.disks.write('recoverVolume', slot, addAgain(wanted), context);
    if (reply.refusal !== undefined || !disk) {
      throw new BackendError(
        'changed',
        `${slot}: its files or the disks have changed since they were looked at`,
      );
    }
    if (disk.comment !== comment || disk.path !== place.image || disk.bytes !== bytes) {
      throw new BackendError(
        'precondition',
        `${slot}: the disk item was added, but it is not what its image was: ${disk.bytes} bytes at ${disk.path}, and ` +
          `the image had ${bytes}. Do not use it before you know what RouterOS did`,
      );
    }
  }
}

function addAgain({ slot, bytes, place, record, contents, comment }: Recoverable): Code[] {
  const add = addDisk({ slot, image: place.image, bytes, comment, port: record.port });
  const image = fileName(place.image);
  return [
    when(isThere(find('/disk', ofSlot(slot))), [refuse(CHANGED)]),
    when(isThere(find('/disk', equals(property('file-path'), place.image))), [refuse(CHANGED)]),
    when(isAbsent(find('/file', both(equals(property('name'), image), equals(property('size'), bytes)))), [
      refuse(CHANGED),
    ]),
    when(isAbsent(fileNamed(place.record)), [refuse(CHANGED)]),
    when(
      equals(propertyOf('/file', fileNamed(place.record), 'contents'), contents),
      [add],
      [refuse(CHANGED)],
    ),
  ];
}
