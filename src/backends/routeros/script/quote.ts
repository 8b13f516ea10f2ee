/** What stands for itself between quotes; everything else is written as bytes. */
const PLAIN = /^[A-Za-z0-9 !#%&'()*+,./:;<=>@[\]^_`{|}~-]$/;

/**
 * A RouterOS string literal of any text. `"`, `\`, `$`, `?`, control characters and all that is not ASCII are written
 * as `\XX`, UTF-8 bytes in upper-case hex (MikroTik manual, Scripting, constant escape sequences): no value ends the
 * literal, begins a substitution, or needs a terminal that takes it.
 */
export function quote(text: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    quoted += PLAIN.test(character) ? character : `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return `${quoted}"`;
}

/** A literal text within a POSIX extended regular expression, as `~` takes it. */
export const quoteRegex = (text: string): string => text.replace(/[.[\]{}()*+?^$|\\]/g, '\\$&');
