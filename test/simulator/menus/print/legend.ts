import type { Flag } from '../list-menu.ts';

/**
 * `Flags: B - BLOCK-DEVICE; t - NVME-TCP-EXPORT`: the flags that one of the items has; with no item, all of the menu
 * (ASSUMED[text-print]: which; that the header comes was seen). undefined: no line.
 */
export function legend<T>(flags: readonly Flag<T>[], items: readonly T[]): string | undefined {
  const shown = items.length === 0 ? flags : usedFlags(flags, items);
  if (shown.length === 0) return undefined;
  const columns = Map.groupBy(shown, ({ column }) => column);
  const groups = [...columns.values()].map((group) =>
    group.map(({ letter, name }) => `${letter} - ${name.toUpperCase()}`).join(', '),
  );
  return `Flags: ${groups.join('; ')}`;
}

export const usedFlags = <T>(flags: readonly Flag<T>[], items: readonly T[]): readonly Flag<T>[] =>
  flags.filter(({ read }) => items.some((item) => read(item)));

/** An item's letters, one column for each column of the flags: `B r`. */
export function flagColumns<T>(used: readonly Flag<T>[], item: T): string {
  const columns = Map.groupBy(used, ({ column }) => column);
  return [...columns.values()].map((group) => group.find(({ read }) => read(item))?.letter ?? ' ').join('');
}
