import type { Direction } from '../../simulator/relay/relay.ts';

interface Chunk {
  readonly direction: Direction;
  /** Wall clock with fractions, ms. */
  readonly at: number;
}

/** What each connection between driver and appliance carried when, seen from between them. */
export class WireLog {
  private readonly chunks = new Map<number, Chunk[]>();

  /** @param connection counted from 1, in the order in which they were made */
  note(connection: number, direction: Direction): void {
    const list = this.chunks.get(connection) ?? [];
    list.push({ direction, at: wallClock() });
    this.chunks.set(connection, list);
  }

  /** When the request that the appliance began to run at `startedAt` (whole ms, cut off) had been sent. */
  sentBefore(connection: number, startedAt: number): number | undefined {
    return this.of(connection, 'up').findLast(({ at }) => at <= startedAt + 1)?.at;
  }

  /** When the reply that the appliance gave at `endedAt` (whole ms, cut off) came by. */
  cameAfter(connection: number, endedAt: number): number | undefined {
    return this.of(connection, 'down').find(({ at }) => at >= endedAt)?.at;
  }

  /** How much of a time the driver waited for the appliance: since it sent something, until something came. */
  awaited(connection: number, from: number, to: number): number {
    let waited = 0;
    let sentAt: number | undefined;
    for (const { direction, at } of this.chunks.get(connection) ?? []) {
      if (at <= from || at >= to) continue;
      if (direction === 'up') sentAt ??= at;
      else if (sentAt !== undefined) {
        waited += at - sentAt;
        sentAt = undefined;
      }
    }
    return waited;
  }

  private of(connection: number, direction: Direction): Chunk[] {
    return (this.chunks.get(connection) ?? []).filter((chunk) => chunk.direction === direction);
  }
}

/** Wall clock with fractions, ms: processes of one machine agree on it. */
export const wallClock = (): number => performance.timeOrigin + performance.now();
