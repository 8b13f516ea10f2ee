import { createHash } from 'node:crypto';

/** So that a record with two of the longest node ids fits into a comment. `pvc-<uuid>` is just as long. */
const STORED_NAME_MAX_LENGTH = 40;
const HASH_LENGTH = 10;
/** Percent encoding never writes it: it marks a name that was cut. */
const CUT = '~';

/**
 * A CSI name as records keep it: percent-encoded but for `A-Z a-z 0-9 _ -`, and, where that is too long, cut with a
 * hash behind it, so that two names are never taken for one.
 */
export function storeName(name: string): string {
  const encoded = percentEncode(name);
  if (encoded.length <= STORED_NAME_MAX_LENGTH) return encoded;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  const kept = encoded.slice(0, STORED_NAME_MAX_LENGTH - HASH_LENGTH - CUT.length);
  return `${kept.replace(/%[0-9A-F]?$/, '')}${CUT}${hash}`;
}

export const isStoredName = (text: string): boolean =>
  text.length <= STORED_NAME_MAX_LENGTH && /^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+(?:~[0-9a-f]{10})?$/.test(text);

/** The name behind a stored one: whole where it was not cut, else what is left of it and `…`. */
export function recallName(stored: string): string {
  const [kept = '', hash] = stored.split(CUT);
  const bytes = kept.replace(
    /%([0-9A-F]{2})|[^%]/g,
    (match, hex?: string) => hex ?? match.charCodeAt(0).toString(16),
  );
  const text = Buffer.from(bytes, 'hex').toString('utf8');
  return hash === undefined ? text : `${text.replace(/\uFFFD+$/, '')}…`;
}

function percentEncode(name: string): string {
  let encoded = '';
  for (const byte of Buffer.from(name, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += /^[A-Za-z0-9_-]$/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
