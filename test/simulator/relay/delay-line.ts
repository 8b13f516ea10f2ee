import type { Socket } from 'node:net';
import type { Clock } from '../../../src/core/clock.ts';

/** `undefined` stands for the end of the stream. */
interface Parcel {
  readonly dueAt: number;
  readonly bytes: Buffer | undefined;
}

/** One direction of a connection: bytes leave in their order, each so long after it came. Any number are under way. */
export class DelayLine {
  private readonly parcels: Parcel[] = [];
  private readonly stopped = new AbortController();
  private readonly openAt: number;
  private delivering = false;
  private silent = false;

  /** @param settleMs before this time nothing is under way at all: the connection is still being made */
  constructor(
    from: Socket,
    private readonly to: Socket,
    private readonly delayMs: number,
    private readonly clock: Clock,
    settleMs: number,
  ) {
    this.openAt = clock.monotonic() + settleMs;
    from.on('data', (bytes: Buffer) => this.take(bytes));
    from.on('end', () => this.take(undefined));
    from.on('close', () => this.take(undefined));
  }

  /** What is under way and what comes later is lost. */
  silence(): void {
    this.silent = true;
  }

  stop(): void {
    this.stopped.abort(new Error('cut'));
  }

  private take(bytes: Buffer | undefined): void {
    if (this.silent) return;
    this.parcels.push({ dueAt: Math.max(this.clock.monotonic(), this.openAt) + this.delayMs, bytes });
    if (!this.delivering) void this.deliver();
  }

  private async deliver(): Promise<void> {
    this.delivering = true;
    try {
      for (let parcel = this.parcels.shift(); parcel; parcel = this.parcels.shift()) {
        // A timer counts in whole ms, cut off: no byte is early.
        for (let wait = this.waitOf(parcel); wait > 0; wait = this.waitOf(parcel)) {
          await this.clock.sleep(Math.ceil(wait), this.stopped.signal);
        }
        this.hand(parcel);
      }
    } catch {
      // Cut: nobody waits for the rest.
    } finally {
      this.delivering = false;
    }
  }

  private waitOf({ dueAt }: Parcel): number {
    return dueAt - this.clock.monotonic();
  }

  private hand({ bytes }: Parcel): void {
    if (this.silent || !this.to.writable) return;
    if (bytes) this.to.write(bytes);
    else this.to.end();
  }
}
