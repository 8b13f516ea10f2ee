import { describe, expect, test } from 'bun:test';
import { isDeepStrictEqual } from 'node:util';
import { FaultPlan, type Operation } from '../../src/backends/mock/fault-plan.ts';
import { type CallContext, detachedContext } from '../../src/core/call-context.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import { rejection } from './bench.ts';
import { folderStores, memoryStores, mockFixture, type Reopen } from './mock-fixtures.ts';
import { CHANGES, clear, furnish, visible } from './mock-operations.ts';

const READS: Readonly<Record<string, Operate>> = {
  pools: (backend, context) => backend.pools(context),
  getVolume: (backend, context) => backend.getVolume('mock/x' as never, context),
  listVolumes: (backend, context) => backend.listVolumes({}, context),
  getSnapshot: (backend, context) => backend.getSnapshot('mock/x' as never, context),
  getGroupSnapshot: (backend, context) => backend.getGroupSnapshot('mock/x' as never, context),
  listSnapshots: (backend, context) => backend.listSnapshots({}, {}, context),
};

type Open = () => Promise<{ readonly reopen: Reopen; readonly remove: () => Promise<void> }>;
type Operate = (backend: StorageBackend, context: CallContext) => Promise<unknown>;

interface Disturbance {
  readonly title: string;
  readonly operate: Operate;
  readonly when: 'before' | 'after';
  readonly restarts: boolean;
}

/** One operation that fails once on a furnished appliance, is done again, and all is cleared away. */
async function disturbed(open: Open, { title, operate, when, restarts }: Disturbance): Promise<void> {
  const context = detachedContext(AbortSignal.timeout(30_000));
  const faults = new FaultPlan();
  const { reopen, remove } = await open();
  const fixture = await mockFixture(reopen, { faults }, remove);
  try {
    const empty = await visible(fixture.backend, context);
    await furnish(fixture.backend, context);
    const before = await visible(fixture.backend, context);
    faults.add({ operation: title.split(' ')[0] as Operation, when });
    const { kind, uncertain } = await rejection(operate(fixture.backend, context));
    expect({ kind, uncertain }).toEqual({ kind: 'unavailable', uncertain: when === 'after' });
    faults.clear();
    const backend = restarts ? await fixture.restart() : fixture.backend;
    const between = await visible(backend, context);
    const done = await operate(backend, context);
    const after = await visible(backend, context);
    expect(isDeepStrictEqual(after, before)).toBe(title in READS);
    expect(isDeepStrictEqual(between, when === 'before' ? before : after)).toBe(true);
    expect(await operate(backend, context)).toEqual(done);
    await clear(backend, context);
    expect(await visible(backend, context)).toEqual(empty);
  } finally {
    await fixture.dispose();
  }
}

const DISTURBANCES: readonly Disturbance[] = Object.entries({ ...READS, ...CHANGES }).flatMap(
  ([title, operate]) =>
    (['before', 'after'] as const).flatMap((when) =>
      [false, true].map((restarts) => ({ title, operate, when, restarts })),
    ),
);

describe.each([
  ['in memory', async () => ({ reopen: memoryStores(), remove: async () => undefined })],
  ['in a data folder', folderStores],
] as const)('a fault %s', (_, open) => {
  for (const disturbance of DISTURBANCES) {
    const { when, title, restarts } = disturbance;
    const name = `${when} ${title}${restarts ? ' and a restart' : ''}`;
    test(`${name}: the retry gets it done, and nothing leaks`, () => disturbed(open, disturbance));
  }
});
