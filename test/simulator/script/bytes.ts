/**
 * RouterOS's strings are bytes. Here they are text, in which a byte that is no part of any UTF-8 character stands as
 * a lone surrogate from U+DC80 on; so bytes survive, and characters that were cut meet again when joined.
 */
const STRAY = /[\udc80-\udcff]/;

export function bytesOf(text: string): Uint8Array {
  if (!STRAY.test(text)) return new TextEncoder().encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...new TextEncoder().encode(char));
  }
  return Uint8Array.from(bytes);
}

export function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return salvage(bytes);
  }
}

/** Joins strings; halves of a character become one. */
export function join(...parts: readonly string[]): string {
  const text = parts.join('');
  return STRAY.test(text) ? textOfBytes(bytesOf(text)) : text;
}

function salvage(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((size) => isCharacter(bytes.subarray(at, at + size))) ?? 0;
    text +=
      length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : decode(bytes.subarray(at, at + length));
    at += Math.max(length, 1);
  }
  return text;
}

const decode = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

function isCharacter(bytes: Uint8Array): boolean {
  try {
    return [...decode(bytes)].length === 1;
  } catch {
    return false;
  }
}
