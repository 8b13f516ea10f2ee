/** What does not stand for itself between quotes; it is written as bytes. */
const SPECIAL = /[^A-Za-z0-9 !#%&'()*+,./:;<=>@[\]^_`{|}~-]+/gu;

/**
 * A RouterOS string literal of any text. `"`, `\`, `$`, `?`, control characters and all that is not ASCII are written
 * as `\XX`, UTF-8 bytes in upper-case hex (MikroTik manual, Scripting, constant escape sequences): no value ends the
 * literal, begins a substitution, or needs a terminal that takes it.
 */
export const quote = (text: string): string => `"${text.replace(SPECIAL, asBytes)}"`;

function asBytes(text: string): string {
  let written = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    written += `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return written;
}

/** A literal text within a POSIX extended regular expression, as `~` takes it. */
export const quoteRegex = (text: string): string => text.replace(/[.[\]{}()*+?^$|\\]/g, '\\$&');
