import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { addDisk } from '../operations/add-disk.ts';
import { ofSlot } from '../operations/disk-row.ts';
import { readRecordFile } from '../operations/left-overs.ts';
import { disksOnPort, NO_PORT } from '../operations/ports.ts';
import { LEFT_OVER, OVERTAKEN, refusalError } from '../operations/refusals.ts';
import {
  both,
  type Code,
  differs,
  equals,
  onError,
  property,
  raise,
  variable,
  when,
} from '../script/code.ts';
import { command, find } from '../script/command.ts';
import { done, refuse } from '../script/script.ts';
import { fileNamed, isAbsent, isThere, unused, writeFile } from '../strategies/files.ts';
import type { AdminDeps } from './admin-deps.ts';
import { fileName } from './evidence.ts';
import { hasChanged } from './import.ts';
import type { WipePlan } from './wipe-plan.ts';

/** Replaces a volume's image by an empty one: all that it held is gone. */
export class Wipe {
  constructor(private readonly deps: AdminDeps) {}

  /** @throws BackendError `changed` something has changed since the plan was made: try again */
  async run(plan: WipePlan, context: CallContext): Promise<void> {
    const { slot, place, comment } = plan;
    const statements = [
      ...readRecordFile(place.record),
      when(differs(variable('o'), plan.file.seen), [refuse(OVERTAKEN)]),
      ...(plan.disk ? removeDisk(plan, plan.disk) : this.requireFree(plan)),
      ...makeAnew(plan),
      done(),
    ];
    const { reply, disk } = await this.deps.disks.write('wipeVolume', slot, statements, context);
    if (reply.refusal === NO_PORT) throw portTaken(plan);
    if (reply.refusal !== undefined)
      throw refusalError(reply.refusal, `volume ${slot}`, `pool ${place.pool}`);
    if (disk?.comment !== comment) throw hasChanged(slot);
  }

  /** Slot and port were free for everybody since the item is gone. */
  private requireFree({ slot, port }: WipePlan): Code[] {
    const alone = this.deps.ports.mode === 'per-volume';
    return [
      when(isThere(find('/disk', ofSlot(slot))), [refuse(OVERTAKEN)]),
      ...(alone ? [when(isThere(disksOnPort(port)), [refuse(NO_PORT)])] : []),
    ];
  }
}

const portTaken = ({ slot, port }: WipePlan): BackendError =>
  new BackendError(
    'precondition',
    `volume ${slot}: its port ${port} is another disk's now; give that one another port first`,
  );

/** From the mark on a wipe that was cut is finished by the next one; without it a reset would bring the image back. */
function removeDisk(
  { slot, place, file }: WipePlan,
  { comment, path, bytes }: NonNullable<WipePlan['disk']>,
): Code[] {
  const same = find(
    '/disk',
    [
      ofSlot(slot),
      equals(property('comment'), comment),
      equals(property('file-path'), path),
      equals(property('size'), bytes),
      equals(property('nvme-tcp-export'), false),
    ].reduce(both),
  );
  const restore = writeFile(place.record, file.seen);
  return [
    when(isAbsent(same), [refuse(OVERTAKEN)]),
    writeFile(place.record, file.wiping),
    onError('x', [command('/disk', 'remove', {}, { items: same })], [restore, raise(variable('x'))]),
    when(isThere(find('/disk', ofSlot(slot))), [restore, refuse(OVERTAKEN)]),
  ];
}

function makeAnew({ slot, place, bytes, compression, port, comment, file }: WipePlan): Code[] {
  const image = fileName(place.image);
  return [
    command('/file', 'remove', {}, { items: unused(fileNamed(image), place.image) }),
    when(isThere(fileNamed(image)), [refuse(LEFT_OVER)]),
    // From here on an image is the new one. What is cut behind it leaves that mark, and a volume that can be used.
    writeFile(place.record, file.emptied),
    addDisk({ slot, image: place.image, bytes, comment, port, compression }),
    writeFile(place.record, file.wiped),
  ];
}
