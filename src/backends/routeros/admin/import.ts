import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { Volume } from '../../../core/storage/volume.ts';
import { volumeId } from '../../../core/storage/volume-id.ts';
import { type DiskRow, ofSlot } from '../operations/disk-row.ts';
import { poolOfPath } from '../operations/owned-volume.ts';
import { disksOnPort, NO_PORT, portIsShared } from '../operations/ports.ts';
import { OVERTAKEN, refusalError } from '../operations/refusals.ts';
import type { ItemBefore } from '../records/file-record.ts';
import { both, type Code, equals, local, property, when } from '../script/code.ts';
import { command, find } from '../script/command.ts';
import { done, refuse } from '../script/script.ts';
import { isAbsent, isThere, makeFolder, writeFile } from '../strategies/files.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { ImportPlan } from './import-plan.ts';

/** RouterOS's own, for items that never had another. */
const DEFAULT_PORT = 4420;

/** Makes a disk that was there before a volume of our cluster. */
export class Import {
  constructor(private readonly deps: AdminDeps) {}

  /**
   * @throws BackendError `changed` the disk is not what it was when the plan was made: nothing was changed ·
   *   `exhausted` its port was taken meanwhile · `unavailable` it is imported, and RouterOS did not stop its export
   */
  async run(plan: ImportPlan, context: CallContext): Promise<Volume> {
    const { disks, ownership } = this.deps;
    const { slot } = plan.disk;
    const { reply, disk } = await disks.write('importVolume', slot, this.statements(plan), context);
    const subject = `disk ${slot}`;
    if (reply.refusal !== undefined) {
      throw refusalError(reply.refusal, subject, `pool ${poolOfPath(plan.disk.path)}`);
    }
    if (disk?.comment !== plan.comment) throw hasChanged(slot);
    if (disk.exported) {
      throw new BackendError(
        'unavailable',
        `${subject} is imported, but still exported: RouterOS has not stopped it. Unpublish it before a node uses it`,
      );
    }
    return ownership.view(ownership.require(volumeId(ownership.appliance, slot), disk));
  }

  /** First what it was is kept, then one `set` changes it all, if it is still what was seen. */
  private statements({ disk, comment, port, before, file }: ImportPlan): Code[] {
    const { layout, ports } = this.deps;
    const pool = poolOfPath(disk.path);
    const alone = ports.mode === 'per-volume';
    const seen = find('/disk', asSeen(disk));
    const change = {
      comment,
      'nvme-tcp-export': false,
      'nvme-tcp-server-port': port,
      // An export keeps RouterOS from mounting what it finds in the image; without one it may.
      'mount-filesystem': false,
    };
    return [
      when(isAbsent(seen), [refuse(OVERTAKEN)]),
      ...(alone && port !== disk.port ? [when(isThere(disksOnPort(port)), [refuse(NO_PORT)])] : []),
      ...[...layout.folders(pool), layout.importedFolder(pool)].map(makeFolder),
      writeFile(file.name, file.contents),
      command('/disk', 'set', change, { items: seen }),
      ...(alone
        ? [local('p', port), when(portIsShared(), [...restore(disk.slot, comment, before), refuse(NO_PORT)])]
        : []),
      done(),
    ];
  }
}

/** Makes the item what it was, while its comment is still the one that is expected, and nobody uses it. */
export function restore(slot: string, comment: string, before: ItemBefore): Code[] {
  const items = find(
    '/disk',
    [ofSlot(slot), equals(property('comment'), comment), equals(property('nvme-tcp-export'), false)].reduce(
      both,
    ),
  );
  return [
    command(
      '/disk',
      'set',
      {
        comment: before.comment,
        // ASSUMED[target-while-not-exported]: an empty NQN is RouterOS's own name for the disk.
        'nvme-tcp-server-nqn': before.nqn,
        'nvme-tcp-server-port': before.port || DEFAULT_PORT,
        'nvme-tcp-export': before.exported,
        'mount-filesystem': before.mountFilesystem,
      },
      { items },
    ),
  ];
}

export const hasChanged = (slot: string): BackendError =>
  new BackendError(
    'changed',
    `the disk ${slot} has changed since it was looked at; nothing was changed: try again`,
  );

const asSeen = (disk: DiskRow): Code =>
  [
    ofSlot(disk.slot),
    equals(property('comment'), disk.comment),
    equals(property('file-path'), disk.path),
    equals(property('size'), disk.bytes),
    equals(property('nvme-tcp-export'), disk.exported),
    ...(disk.exported ? [equals(property('nvme-tcp-server-nqn'), disk.nqn)] : []),
  ].reduce(both);
