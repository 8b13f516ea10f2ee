import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import { ofSlot } from '../operations/disk-row.ts';
import { both, type Code, equals, local, property, variable, when } from '../script/code.ts';
import { command, find, propertyOf } from '../script/command.ts';
import { fileNamed, isAbsent, isThere, writeFile } from '../strategies/files.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { RepairPlan } from './repair-plan.ts';

/** Writes what a plan says, if nothing has changed since it was made. */
export class Repair {
  constructor(private readonly deps: AdminDeps) {}

  /** @throws BackendError `changed` somebody else wrote first: nothing, or not all, was written */
  async run(plan: RepairPlan, context: CallContext): Promise<void> {
    const { disk: seen, comment, file } = plan;
    const wanted = comment ?? seen.comment;
    const repaired = both(ofSlot(seen.slot), equals(property('comment'), wanted));
    const statements = [
      ...(comment === undefined ? [] : [replaceComment(plan, comment)]),
      ...(file ? [when(isThere(find('/disk', repaired)), replaceFile(file))] : []),
    ];
    const { disk } = await this.deps.disks.write('repairVolume', seen.slot, statements, context);
    if (disk?.comment !== wanted) {
      throw new BackendError(
        'changed',
        `the disk ${seen.slot} has changed since it was looked at; nothing was written`,
      );
    }
  }
}

/**
 * The one `set` whose condition is all that the plan rests on. ASSUMED[empty-comment]: a comment that was removed is
 * found as ""; where it is not, nothing is written.
 */
function replaceComment({ disk }: RepairPlan, comment: string): Code {
  const same = [
    ofSlot(disk.slot),
    equals(property('comment'), disk.comment),
    equals(property('file-path'), disk.path),
    equals(property('nvme-tcp-export'), disk.exported),
    ...(disk.exported ? [equals(property('nvme-tcp-server-nqn'), disk.nqn)] : []),
  ].reduce(both);
  return command('/disk', 'set', { comment }, { items: find('/disk', same) });
}

/** Never over the mark of a deletion, or over what nobody has looked at. */
function replaceFile({ name, contents, seen }: NonNullable<RepairPlan['file']>): Code[] {
  if (seen === undefined) return [when(isAbsent(fileNamed(name)), [writeFile(name, contents)])];
  return [
    local('r', fileNamed(name)),
    when(isThere(variable('r')), [
      when(equals(propertyOf('/file', variable('r'), 'contents'), seen), [writeFile(name, contents)]),
    ]),
  ];
}
