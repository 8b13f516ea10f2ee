import type { CallContext } from '../../../core/call-context.ts';
import { BackendError } from '../../../core/storage/backend-error.ts';
import type { Page, PageRequest } from '../../../core/storage/page.ts';
import type { Volume } from '../../../core/storage/volume.ts';
import { parseHandle, volumeId } from '../../../core/storage/volume-id.ts';
import type { Conversation } from '../conversation/conversation.ts';
import {
  assign,
  both,
  type Code,
  each,
  equals,
  greater,
  list,
  local,
  matches,
  property,
  variable,
  when,
} from '../script/code.ts';
import { answer } from '../script/script.ts';
import { Coalescer } from './coalescer.ts';
import { answerDisks, type DiskRow, disksOf } from './disk-row.ts';
import { poolOfPath } from './owned-volume.ts';
import type { RecordHints } from './record-hints.ts';
import { rangesFrom } from './slot-ranges.ts';
import type { VolumeDeps } from './volume-deps.ts';

/** How a script says that ranges remain. */
const STOPPED = 'stopped';
const GROWTH = 4;

interface Answered {
  readonly disks: readonly DiskRow[];
  /** There are ranges that were not looked into. */
  readonly stopped: boolean;
}

/**
 * ListVolumes on the appliance: a line an item, never one text of all. A page asks for slots range by range, from the
 * token on, until it has enough: one exec a page, whatever the number of volumes.
 */
export class ListVolumes {
  private readonly reads = new Coalescer<Answered>();

  constructor(
    private readonly deps: VolumeDeps,
    private readonly conversation: Conversation,
    private readonly hints: RecordHints,
  ) {}

  async run({ limit, after }: PageRequest, context: CallContext): Promise<Page<Volume>> {
    const token = after === undefined ? undefined : this.slotBehind(after);
    for (let most = limit; ; most = most && most * GROWTH) {
      const { disks, stopped } = await this.read(most, token, context);
      const rest = disks.filter(({ slot }) => token === undefined || slot > token);
      // All that was answered lies before the token: ask for more.
      if (rest.length === 0 && stopped) continue;
      const shown = limit === undefined ? rest : rest.slice(0, limit);
      const items = shown.map((disk) => this.view(disk)).filter((volume) => volume !== undefined);
      const last = shown.at(-1);
      const more = shown.length < rest.length || stopped;
      return more && last ? { items, next: volumeId(this.deps.ownership.appliance, last.slot) } : { items };
    }
  }

  private read(
    limit: number | undefined,
    token: string | undefined,
    context: CallContext,
  ): Promise<Answered> {
    const ours = this.deps.ownership.perhapsOurs();
    const body = limit === undefined ? [answerDisks(ours)] : pageScript(ours, limit, token);
    return this.reads.join(`${limit} ${token}`, context.signal, async (onSent, signal) => {
      const exchange = { operation: 'listVolumes', body, onSent };
      const reply = await this.conversation.run(exchange, { ...context, signal });
      const disks = disksOf(reply).sort((a, b) => (a.slot < b.slot ? -1 : 1));
      for (const disk of disks) this.hints.note(disk.slot, disk);
      return { disks, stopped: reply.answers.some(({ kind }) => kind === STOPPED) };
    });
  }

  /**
   * A volume whose record cannot be read is listed, not left out: what is missing from a list is taken for deleted, or
   * for detached.
   */
  private view(disk: DiskRow): Volume | undefined {
    const { ownership } = this.deps;
    try {
      const owned = ownership.volume(disk);
      return owned && ownership.view(owned);
    } catch (error) {
      if (!(error instanceof BackendError) || error.kind !== 'precondition') throw error;
      return {
        id: volumeId(ownership.appliance, disk.slot),
        name: disk.slot,
        capacityBytes: disk.bytes,
        pool: poolOfPath(disk.path),
        provisioning: 'thin',
        compression: disk.compression,
        publications: [],
        mayFormat: false,
        conditions: [{ status: 'inaccessible', reason: 'RecordUnreadable', message: error.message }],
      };
    }
  }

  private slotBehind(token: string): string {
    const slot = parseHandle(token)?.slot;
    if (slot === undefined)
      throw new BackendError('invalid', `the token ${JSON.stringify(token)} is no volume id`);
    return slot;
  }
}

/** Range by range, until there is more than a page: whether anything follows must be known, too. */
function pageScript(ours: Code, limit: number, token: string | undefined): Code[] {
  // `q` counts the lines that were answered; the token's own volume may be one of them.
  const wanted = limit + (token === undefined ? 1 : 2);
  const [first, ...others] = rangesFrom(token);
  const slots = first.map((pattern) => matches(property('slot'), pattern)).reduce(both);
  const further = answerDisks(both(matches(property('slot'), variable('w')), ours));
  const inOthers = each('w', list(others.flat()), [
    when(greater(wanted, variable('q')), [further], [assign('v', 1)]),
  ]);
  return [
    local('v', 0),
    answerDisks(both(slots, ours)),
    ...(others.length > 0 ? [inOthers] : []),
    when(equals(variable('v'), 1), [answer(STOPPED, true)]),
  ];
}
