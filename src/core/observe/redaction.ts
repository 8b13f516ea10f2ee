import type { LogFields, Logger } from './logger.ts';

const REDACTED = '[redacted]';
/** Longer text is shortened: a log line stays readable whatever a caller sends. */
const TEXT_MAX_LENGTH = 8 * 1024;
const ITEMS_MAX = 100;
const DEPTH_MAX = 8;
/** Shorter values cannot be told from ordinary text; replacing them would shred the line. */
const SECRET_MIN_LENGTH = 4;

/**
 * Names whose values are never shown. `starting_token` and `next_token` are page marks; kubelet puts bearer
 * tokens into the volume context as `csi.storage.k8s.io/serviceAccount.tokens`.
 */
const SECRET_NAME =
  /secret|passw(?:or)?d|passphrase|credential|private[-_.]?key|api[-_.]?key|authorization|(?<!(?:starting|next)_?)tokens?$/i;

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

export type Scrub = (text: string) => string;

const unchanged: Scrub = (text) => text;

/**
 * A copy of a value that is fit for a log line: what has a secret's name is hidden, `scrub` has gone over all
 * text, bigints are decimal text, errors carry stack and causes, and nothing is too long, too deep or circular.
 */
export function redact(value: unknown, scrub: Scrub = unchanged): unknown {
  return copy(value, scrub, []);
}

function copy(value: unknown, scrub: Scrub, ancestors: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return shorten(scrub(value));
    case 'bigint':
      return scrub(String(value));
    case 'object':
      return value === null ? null : copyObject(value, scrub, ancestors);
    case 'function':
    case 'symbol':
      return `[${typeof value}]`;
    default:
      return value;
  }
}

function copyObject(value: object, scrub: Scrub, ancestors: readonly object[]): unknown {
  if (ancestors.includes(value)) return '[circular]';
  if (ancestors.length >= DEPTH_MAX) return '[too deep]';
  const path = [...ancestors, value];
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return copyEntries(errorEntries(value), scrub, path);
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), scrub, path);
  if (value instanceof Map) return copyEntries([...value], scrub, path);
  if (Array.isArray(value) || value instanceof Set) return copyItems([...value], scrub, path);
  return copyEntries(Object.entries(value), scrub, path);
}

function errorEntries(error: Error): [string, unknown][] {
  const { name, message, stack, cause, ...own } = error;
  const entries: [string, unknown][] = [['name', error.name], ['message', message], ...Object.entries(own)];
  if (stack !== undefined) entries.push(['stack', stack]);
  if (cause !== undefined) entries.push(['cause', cause]);
  return entries;
}

function copyItems(items: readonly unknown[], scrub: Scrub, path: readonly object[]): unknown[] {
  const shown = items.slice(0, ITEMS_MAX).map((item) => copy(item, scrub, path));
  return items.length > ITEMS_MAX ? [...shown, `… ${items.length - ITEMS_MAX} more`] : shown;
}

function copyEntries(entries: readonly [unknown, unknown][], scrub: Scrub, path: readonly object[]): object {
  const shown = entries.slice(0, ITEMS_MAX).map(([key, value]) => {
    const name = scrub(String(key));
    return [name, isSecretName(name) && isShown(value) ? REDACTED : copy(value, scrub, path)];
  });
  if (entries.length > ITEMS_MAX) shown.push(['…', `${entries.length - ITEMS_MAX} more`]);
  return Object.fromEntries(shown);
}

const isShown = (value: unknown): boolean => value !== undefined && value !== null;

function shorten(text: string): string {
  if (text.length <= TEXT_MAX_LENGTH) return text;
  return `${text.slice(0, TEXT_MAX_LENGTH).toWellFormed()}… (${text.length} characters)`;
}

/** Wraps a value whose redaction is worth its cost only if the line is really written. */
export class Redacted {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  toJSON(): unknown {
    return redact(this.#value);
  }
}

/**
 * What removes the values of a CSI request's `secrets` map from any text: as they are, without surrounding white
 * space (programs trim passphrases), and escaped as in JSON.
 * @returns undefined where the request carries none
 */
export function secretScrub(request: unknown): Scrub | undefined {
  const values = secretValues(request).flatMap((value) => [value, value.trim()]);
  const forms = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  const long = [...new Set(forms)].filter((form) => form.length >= SECRET_MIN_LENGTH);
  if (long.length === 0) return undefined;
  long.sort((a, b) => b.length - a.length);
  return (text) => long.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
}

function secretValues(request: unknown): string[] {
  if (typeof request !== 'object' || request === null || !('secrets' in request)) return [];
  const { secrets } = request;
  if (typeof secrets !== 'object' || secrets === null) return [];
  return Object.values(secrets).filter((value) => typeof value === 'string');
}

/** A logger for a call that carries secrets: their values are removed from all that is logged through it. */
export class ScrubbingLogger implements Logger {
  constructor(
    private readonly inner: Logger,
    private readonly scrub: Scrub,
  ) {}

  debug(fields: LogFields, message: string): void {
    this.inner.debug(this.fields(fields), this.scrub(message));
  }

  info(fields: LogFields, message: string): void {
    this.inner.info(this.fields(fields), this.scrub(message));
  }

  warn(fields: LogFields, message: string): void {
    this.inner.warn(this.fields(fields), this.scrub(message));
  }

  error(fields: LogFields, message: string): void {
    this.inner.error(this.fields(fields), this.scrub(message));
  }

  child(fields: LogFields): Logger {
    return new ScrubbingLogger(this.inner.child(this.fields(fields)), this.scrub);
  }

  private fields(fields: LogFields): LogFields {
    return redact(fields, this.scrub) as LogFields;
  }
}
