/** DEL, C1 controls (one of them starts escape sequences), line separators, and marks that turn text around. */
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON on one line in which nothing can move a cursor, forge a line or reorder text; undefined as `undefined`. */
export function quote(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  const json = JSON.stringify(value, replacer) ?? 'undefined';
  return json.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
