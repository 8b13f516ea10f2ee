import type { CallContext } from '../../../core/call-context.ts';
import type { Conversation } from '../conversation/conversation.ts';
import type { Code } from '../script/code.ts';
import type { Reply } from '../script/reply.ts';
import { done } from '../script/script.ts';
import { Coalescer } from './coalescer.ts';
import { answerDisks, type DiskRow, disksOf, ofSlot } from './disk-row.ts';
import type { RecordHints } from './record-hints.ts';

export interface Written {
  readonly reply: Reply;
  /** The slot's item after the script; undefined: there is none. */
  readonly disk: DiskRow | undefined;
}

/** Reads and writes the disk item of one slot: each call is one exec, and what it saw becomes the hint. */
export class Disks {
  private readonly reads = new Coalescer<DiskRow | undefined>();

  constructor(
    private readonly conversation: Conversation,
    private readonly hints: RecordHints,
  ) {}

  /** What was last seen of a slot, if that is still known. */
  lastSeen(slot: string): DiskRow | undefined {
    return this.hints.get(slot);
  }

  read(slot: string, context: CallContext): Promise<DiskRow | undefined> {
    return this.reads.join(slot, context.signal, async (onSent, signal) => {
      const exchange = { operation: 'getVolume', body: [answerDisks(ofSlot(slot))], onSent };
      const [disk] = disksOf(await this.conversation.run(exchange, { ...context, signal }));
      this.hints.note(slot, disk);
      return disk;
    });
  }

  /** Runs statements that write to a slot, and reads its item back, whatever they did. */
  async write(
    operation: string,
    slot: string,
    statements: readonly Code[],
    context: CallContext,
  ): Promise<Written> {
    const body = [...statements, done(), answerDisks(ofSlot(slot))];
    // Until the answer is read, what was known of the slot may be wrong.
    this.hints.note(slot, undefined);
    const reply = await this.conversation.run({ operation, body, writes: slot }, context);
    const [disk] = disksOf(reply);
    this.hints.note(slot, disk);
    return { reply, disk };
  }
}
