import { expect } from 'bun:test';
import type { CallContext } from '../../src/core/call-context.ts';
import type { Page } from '../../src/core/storage/page.ts';
import type { Pool } from '../../src/core/storage/pool.ts';
import type { Volume } from '../../src/core/storage/volume.ts';
import { kept, removed, type Scenario } from './scenario.ts';
import { BTRFS, PLAIN, slotOf, type World } from './world.ts';

/** What reads many things at once: its execs name none of them. */
function listing(
  title: string,
  execs: RegExp,
  run: (world: World, context: CallContext) => Promise<unknown>,
  verify: (volume: Volume, outcome: unknown) => void,
): Scenario {
  return {
    title,
    writes: false,
    alone: true,
    begin: async (world, key) => {
      const volume = await kept(world, key, { pool: PLAIN });
      return {
        execs,
        slots: [slotOf(volume.id)],
        run: (context) => run(world, context),
        verify: (outcome) => verify(volume, outcome),
        end: () => removed(world, volume.id),
      };
    },
  };
}

const listed = (volume: Volume, outcome: unknown): void =>
  expect((outcome as Page<Volume>).items).toContainEqual(volume);

export const LIST_SCENARIOS: readonly Scenario[] = [
  listing(
    'list all volumes',
    /disk.=\$d/,
    (world, context) => world.backend.listVolumes({}, context),
    listed,
  ),
  listing(
    'list a page of volumes',
    /disk.=\$d/,
    (world, context) => world.backend.listVolumes({ limit: 50 }, context),
    listed,
  ),
  listing(
    'read the pools',
    /pool.=/,
    (world, context) => world.backend.pools(context),
    (_volume, outcome) => {
      const names = (outcome as readonly Pool[]).map(({ name }) => name);
      expect(names).toEqual([BTRFS, PLAIN]);
    },
  ),
];
