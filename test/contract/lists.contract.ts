import { expect } from 'bun:test';
import type { Volume } from '../../src/core/storage/volume.ts';
import type { Bench, Check } from './bench.ts';

async function volumes(bench: Bench, count: number): Promise<string[]> {
  const made = await Promise.all(Array.from({ length: count }, (_, at) => bench.create(`listed-${at}`)));
  return made.map(({ id }): string => id).sort();
}

/** Walks all pages; `between` runs after each with what was seen so far. */
async function walk(
  bench: Bench,
  limit: number,
  between: (seen: readonly Volume[]) => Promise<void> = async () => undefined,
): Promise<string[]> {
  const seen: Volume[] = [];
  let after: string | undefined;
  do {
    const page = await bench.backend.listVolumes({ limit, ...(after && { after }) }, bench.context);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    seen.push(...page.items);
    after = page.next;
    await between(seen);
  } while (after);
  return seen.map(({ id }) => id);
}

export function listsContract(check: Check): void {
  check('an empty appliance lists nothing', async (bench) => {
    expect(await bench.backend.listVolumes({}, bench.context)).toEqual({ items: [] });
    expect(await bench.backend.listVolumes({ limit: 1 }, bench.context)).toEqual({ items: [] });
    expect(await bench.backend.listSnapshots({}, {}, bench.context)).toEqual({ items: [] });
  });

  check('pages of any size add up to the whole list, ordered by id', async (bench) => {
    const all = await volumes(bench, 7);
    for (const limit of [1, 2, 3, 6, 7, 8]) expect(await walk(bench, limit)).toEqual(all);
    const whole = await bench.backend.listVolumes({}, bench.context);
    expect(whole.items.map(({ id }): string => id)).toEqual(all);
    expect(whole.next).toBeUndefined();
  });

  check('a list shows volumes as a read does', async (bench) => {
    await volumes(bench, 3);
    const { items } = await bench.backend.listVolumes({}, bench.context);
    for (const item of items) expect(await bench.read(item)).toEqual(item);
  });

  check('creations between pages neither repeat nor hide a volume that was there', async (bench) => {
    const all = await volumes(bench, 6);
    let made = 0;
    const listed = await walk(bench, 2, async () => {
      // A bound, since a new volume behind the token makes the list longer each time.
      if (made < 4) await bench.create(`late-${made++}`);
    });
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual([...listed].sort());
    for (const id of all) expect(listed).toContain(id);
  });

  check('deletions between pages hide no other volume, even that of the token', async (bench) => {
    const all = await volumes(bench, 6);
    const deleted: string[] = [];
    const listed = await walk(bench, 2, async (seen) => {
      const last = seen.at(-1);
      if (!last || deleted.includes(last.id)) return;
      deleted.push(last.id);
      await bench.backend.deleteVolume(last.id, bench.context);
    });
    expect(listed).toEqual(all);
  });

  check('a token behind the last volume gives the empty last page', async (bench) => {
    const all = await volumes(bench, 2);
    const page = await bench.backend.listVolumes({ limit: 5, after: all.at(-1) ?? '' }, bench.context);
    expect(page).toEqual({ items: [] });
  });
}
