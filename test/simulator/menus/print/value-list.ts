import type { Property } from '../list-menu.ts';
import type { Listing } from './listing.ts';
import { tableProperties } from './table.ts';
import { formatValue } from './text.ts';

/** `print value-list`: a property a line, with all items' values. ASSUMED[text-print]: the exact form. */
export function valueListLines<T>(listing: Listing<T>): string[] {
  const { items } = listing;
  return labelled(
    tableProperties(listing).map(({ name, form, read }) => [
      name,
      items.map(({ item }) => formatValue(read(item), form, false)).join(' '),
    ]),
  );
}

/** `print` of settings, as the manual's page «Resource» shows it: names to the right, `name: value`. */
export function settingsLines(properties: readonly Property<undefined>[]): string[] {
  return labelled(
    properties.flatMap(({ name, form, read }) => {
      const value = read(undefined);
      return value === undefined ? [] : [[name, formatValue(value, form, false)] as const];
    }),
  );
}

function labelled(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...pairs.map(([name]) => name.length)) + 2;
  return pairs.map(([name, text]) => `${name.padStart(width)}: ${text}`.trimEnd());
}
