import type { Property } from '../list-menu.ts';
import { flagColumns, legend, usedFlags } from './legend.ts';
import { type Listing, label } from './listing.ts';
import { formatValue } from './text.ts';
import { type Token, wrapTokens, wrapWords } from './wrap.ts';

/**
 * `print detail`: an item's properties one after the other, wrapped, with a line that holds one space between items
 * (seen on RouterOS 7.24.4, github.com/singlecheeze/ocp-cheat-sheet).
 */
export function detailLines<T>(listing: Listing<T>): string[] {
  const { menu, items } = listing;
  const header = legend(
    menu.flags,
    items.map(({ item }) => item),
  );
  const used = usedFlags(
    menu.flags,
    items.map(({ item }) => item),
  );
  const lines = header === undefined ? [] : wrapWords(header, listing.wrapping);
  const labels = Math.max(2, ...items.map(({ number, item }) => label(listing, number, item).length));
  items.forEach(({ number, item }, at) => {
    if (at > 0) lines.push(' ');
    const flags = menu.flags.length === 0 ? '' : `${flagColumns(used, item) || ' '} `;
    const first = `${label(listing, number, item).padStart(labels)} ${flags}`;
    lines.push(...itemLines(listing, first, item));
  });
  return lines;
}

function itemLines<T>(listing: Listing<T>, first: string, item: T): string[] {
  const { menu, wrapping } = listing;
  const indent = Math.max(first.length, listing.indent);
  const shown = listing.properties ?? menu.properties.filter(({ onDemand }) => !onDemand);
  const tokens = shown
    .filter(({ name }) => name !== menu.comment)
    .flatMap((property) => token(property, item));
  const comment = menu.properties.find(({ name }) => name === menu.comment)?.read(item);
  if (typeof comment !== 'string' || comment === '') return wrapTokens(first, indent, tokens, wrapping);
  const above = wrapTokens(first, indent, [{ text: `;;; ${comment}` }], wrapping);
  return [...above, ...wrapTokens('', indent, tokens, wrapping)];
}

function token<T>({ name, form, read }: Property<T>, item: T): Token[] {
  const value = read(item);
  return value === undefined ? [] : [{ text: `${name}=${formatValue(value, form)}`, whole: form === 'date' }];
}
