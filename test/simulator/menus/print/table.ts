import type { Property } from '../list-menu.ts';
import { flagColumns, legend, usedFlags } from './legend.ts';
import { type Listing, label } from './listing.ts';
import { formatValue } from './text.ts';
import { wrapWords } from './wrap.ts';

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly width: number;
  readonly right: boolean;
}

/**
 * The default form: legend, `Columns: …`, a line of titles, an item a line. As the manual's pages «Disks» and «Files»
 * show it. ASSUMED[text-print]: columns that don't fit at the right are left out; lines end without blanks.
 */
export function tableLines<T>(listing: Listing<T>): string[] {
  const { menu, items } = listing;
  const used = usedFlags(
    menu.flags,
    items.map(({ item }) => item),
  );
  const header = legend(
    menu.flags,
    items.map(({ item }) => item),
  );
  const lines = header === undefined ? [] : wrapWords(header, listing.wrapping);
  if (items.length === 0) return lines;
  const numbers = items.map(({ number, item }) => label(listing, number, item));
  const labels = Math.max(...numbers.map(({ length }) => length));
  const flags = items.map(({ item }) => flagColumns(used, item));
  const gap =
    menu.flags.length === 0 ? '  ' : used.length === 0 ? ' ' : ` ${' '.repeat(flags[0]?.length ?? 0)} `;
  const columns = fitting(listing, labels + gap.length);
  lines.push(...wrapWords(`Columns: ${columns.map(({ title }) => title).join(', ')}`, listing.wrapping));
  lines.push(
    `${'#'.padEnd(labels)}${gap}${columns.map((column) => cell(column, column.title)).join('  ')}`.trimEnd(),
  );
  items.forEach(({ item }, at) => {
    const comment = menu.properties.find(({ name }) => name === menu.comment)?.read(item);
    if (typeof comment === 'string' && comment !== '') lines.push(`;;; ${comment}`);
    const before = (numbers[at] ?? '').padStart(labels) + (used.length === 0 ? gap : ` ${flags[at]} `);
    const cells = columns.map((column) => cell(column, column.cells[at] ?? ''));
    lines.push(`${before}${cells.join('  ')}`.trimEnd());
  });
  return lines;
}

/** `print brief` and the default show these; `as-value` without `detail` too. */
export function tableProperties<T>({
  menu,
  properties,
}: Pick<Listing<T>, 'menu' | 'properties'>): readonly Property<T>[] {
  if (properties) return properties;
  return menu.columns.flatMap((name) => menu.properties.find((property) => property.name === name) ?? []);
}

function fitting<T>(listing: Listing<T>, before: number): readonly Column[] {
  const { width, margin } = listing.wrapping;
  const filled = tableProperties(listing)
    .map((property) => column(listing, property))
    .filter(({ cells }) => listing.properties || cells.some((text) => text !== ''));
  let taken = before;
  const end = filled.findIndex((candidate, at) => {
    taken += candidate.width + (at === 0 ? 0 : 2);
    return at > 0 && taken > width - margin;
  });
  return end < 0 ? filled : filled.slice(0, end);
}

function column<T>({ items }: Listing<T>, { name, form, read }: Property<T>): Column {
  const values = items.map(({ item }) => read(item));
  const cells = values.map((value) => (value === undefined ? '' : formatValue(value, form, false)));
  const title = name.toUpperCase();
  const right = values.some((value) => typeof value === 'bigint');
  return { title, cells, right, width: Math.max(title.length, ...cells.map(({ length }) => length)) };
}

const cell = ({ width, right }: Column, text: string): string =>
  right ? text.padStart(width) : text.padEnd(width);
