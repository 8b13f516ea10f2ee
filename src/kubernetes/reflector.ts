import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/observe/logger.ts';
import type { BackOff } from './back-off.ts';
import { jsonLines } from './json-lines.ts';
import { KubernetesError } from './kubernetes-error.ts';
import { Watchdog } from './watchdog.ts';
import { readList, readWatchEvent, type WatchEvent, type WireObject } from './wire.ts';

/** What a reflector needs of the transport. */
export interface WatchTransport {
  get(path: string, signal: AbortSignal): Promise<unknown>;
  stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
}

export interface ReflectorOptions<T> {
  /** Such as `/apis/storage.k8s.io/v1/volumeattachments`. */
  readonly path: string;
  /** What is kept of an object; undefined: nothing, it does not concern us. */
  readonly project: (object: WireObject) => T | undefined;
  readonly transport: WatchTransport;
  readonly clock: Clock;
  readonly backOff: BackOff;
  readonly logger: Logger;
}

export type Change<T> = { readonly before: T | undefined; readonly after: T | undefined };

/** Objects a page: the memory that a list needs at once. */
const PAGE = 500;
/** The server ends a watch after this; it then goes on from where it was. Long, since each renewal is a request. */
const WATCH_SECONDS = 1800;
/** Bookmarks come about every minute (kube-apiserver's watch cache). */
const SILENCE_MS = 180_000;
/** A watch that ends sooner has not worked: the next one waits. */
const SHORT_MS = 5_000;

/**
 * Keeps what the API server has of one kind: a list, then a watch from there on, for ever. A cut watch goes on from
 * the last version that was seen; an expired version (410) leads to a new list.
 *
 * What it holds is a hint: decisions that take something away ask again, live.
 */
export class Reflector<T> {
  private items = new Map<string, T>();
  private version: string | undefined;
  /** The version comes from a list of this very turn. */
  private fresh = false;
  private watching = false;
  private readonly listeners = new Set<(change: Change<T>) => void>();
  private readonly first = Promise.withResolvers<void>();

  constructor(private readonly options: ReflectorOptions<T>) {}

  /** Whether the list is complete and a watch keeps it current. */
  get synced(): boolean {
    return this.watching;
  }

  values(): T[] {
    return [...this.items.values()];
  }

  /** @param key `name`, or `namespace/name` */
  get(key: string): T | undefined {
    return this.items.get(key);
  }

  /** Told of each change from now on; must not throw. */
  onChange(listener: (change: Change<T>) => void): void {
    this.listeners.add(listener);
  }

  /** Resolves after the first complete list. */
  listed(): Promise<void> {
    return this.first.promise;
  }

  /** Runs until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, backOff } = this.options;
    while (!signal.aborted) {
      const begun = clock.monotonic();
      const failure = await this.turn(signal).catch((error: unknown) => error);
      this.watching = false;
      const lived = clock.monotonic() - begun >= SHORT_MS;
      if (lived) backOff.reset();
      if (failure !== undefined || !lived) await this.pause(failure, signal);
    }
  }

  private async pause(failure: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock, backOff, logger, path } = this.options;
    if (isExpired(failure)) {
      this.version = undefined;
      // After an outage: the server is back, only where this left off is gone. One that expires what it has just listed is not.
      if (!this.fresh) backOff.reset();
    }
    const wait = backOff.next(failure instanceof KubernetesError ? failure.retryAfterMs : 0);
    logger.debug({ path, wait, cause: failure }, 'the watch has ended: going on');
    await clock.sleep(wait, signal).catch(() => undefined);
  }

  /** One watch to its end, after a list where one is needed. */
  private async turn(signal: AbortSignal): Promise<void> {
    const { clock, path, transport } = this.options;
    this.fresh = this.version === undefined;
    const version = this.version ?? (await this.list(signal));
    this.version = version;
    const dog = new Watchdog(clock, SILENCE_MS, signal);
    try {
      const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${version}`;
      const stream = await transport.stream(`${path}?${query}`, dog.signal);
      this.watching = true;
      this.first.resolve();
      for await (const line of jsonLines(stream)) {
        dog.feed();
        this.apply(readWatchEvent(line));
      }
    } finally {
      dog.stop();
    }
  }

  /** @returns the version to watch from */
  private async list(signal: AbortSignal): Promise<string> {
    const { path, transport } = this.options;
    const found = new Map<string, T>();
    let next: string | undefined;
    let version: string;
    do {
      const token = next === undefined ? '' : `&continue=${encodeURIComponent(next)}`;
      const page = readList(await transport.get(`${path}?limit=${PAGE}${token}`, signal));
      for (const object of page.items) this.keep(found, object);
      ({ next, resourceVersion: version } = page);
    } while (next !== undefined);
    this.replace(found);
    return version;
  }

  private keep(items: Map<string, T>, object: WireObject): void {
    const kept = this.options.project(object);
    if (kept !== undefined) items.set(keyOf(object), kept);
    else items.delete(keyOf(object));
  }

  private replace(found: Map<string, T>): void {
    const before = this.items;
    this.items = found;
    for (const [key, after] of found) this.tell({ before: before.get(key), after });
    for (const [key, gone] of before) if (!found.has(key)) this.tell({ before: gone, after: undefined });
  }

  private apply(event: WatchEvent): void {
    if (event.kind !== 'bookmark') {
      const key = keyOf(event.object);
      const before = this.items.get(key);
      if (event.kind === 'deleted') this.items.delete(key);
      else this.keep(this.items, event.object);
      const after = this.items.get(key);
      if (before !== undefined || after !== undefined) this.tell({ before, after });
    }
    this.version = event.resourceVersion;
  }

  private tell(change: Change<T>): void {
    for (const listener of this.listeners) listener(change);
  }
}

const keyOf = ({ metadata: { namespace, name } }: WireObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

const isExpired = (failure: unknown): boolean =>
  failure instanceof KubernetesError && failure.kind === 'changed';
