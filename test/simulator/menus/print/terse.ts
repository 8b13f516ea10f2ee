import { flagColumns, usedFlags } from './legend.ts';
import { type Listing, label } from './listing.ts';
import { formatValue } from './text.ts';

/** `print terse`: an item a line, without a legend, never wrapped. ASSUMED[text-print]: no quotes, digits not grouped. */
export function terseLines<T>(listing: Listing<T>): string[] {
  const { menu, items } = listing;
  const used = usedFlags(
    menu.flags,
    items.map(({ item }) => item),
  );
  const labels = Math.max(1, ...items.map(({ number, item }) => label(listing, number, item).length));
  return items.map(({ number, item }) => {
    const flags = menu.flags.length === 0 ? '' : `${flagColumns(used, item) || ' '} `;
    const shown = listing.properties ?? menu.properties.filter(({ onDemand }) => !onDemand);
    const tokens = shown.flatMap(({ name, form, read }) => {
      const value = read(item);
      const plain = form === 'grouped' || form === 'rounded' ? 'word' : form;
      return value === undefined || value === '' ? [] : [`${name}=${formatValue(value, plain, false)}`];
    });
    return `${label(listing, number, item).padStart(labels)} ${flags}${tokens.join(' ')}`;
  });
}
