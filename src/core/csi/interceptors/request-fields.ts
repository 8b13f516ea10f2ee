/** A text field that many CSI requests have, read without knowing which request it is; undefined where empty. */
export function textField(message: unknown, field: string): string | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const value: unknown = (message as Record<string, unknown>)[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The texts of a list field, without what is no text; none where the message has no such list. */
export function textsField(message: unknown, field: string): string[] {
  if (typeof message !== 'object' || message === null) return [];
  const value: unknown = (message as Record<string, unknown>)[field];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

const LABEL_MAX_LENGTH = 128;

/** The same for logs and traces, which see requests before they are validated. */
export const labelField = (message: unknown, field: string): string | undefined =>
  textField(message, field)?.slice(0, LABEL_MAX_LENGTH).toWellFormed();
