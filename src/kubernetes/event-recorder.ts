import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/observe/logger.ts';
import type { Note } from '../core/reconcile/surroundings.ts';
import type { ApiClient } from './api-client.ts';
import { isConflict, isNotFound } from './kubernetes-error.ts';
import { TokenBucket } from './token-bucket.ts';

/** The object that an event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
}

export interface EventRecorderOptions {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who speaks: the driver's name. */
  readonly component: string;
  /** The process, such as the pod's name. */
  readonly instance: string;
  readonly signal: AbortSignal;
}

interface Told {
  readonly namespace: string;
  readonly name: string;
  count: number;
  at: number;
}

/** The same note on the same object within this is counted, not told anew, ms. */
const SAME_MS = 600_000;
/** For each object, as client-go's spam filter: some at once, then one in five minutes. */
const PER_OBJECT = { perSecond: 1 / 300, burst: 10 };
/** For all of them together. */
const OVERALL = { perSecond: 5, burst: 50 };
const REMEMBERED = 1000;
const MESSAGE_MAX = 1024;

/**
 * Writes events (`v1`), deduplicated and limited in rate. Never waits and never fails: an event is a courtesy, what
 * matters is in the log.
 */
export class EventRecorder {
  private readonly told = new Map<string, Told>();
  private readonly buckets = new Map<string, TokenBucket>();
  private readonly overall: TokenBucket;
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly options: EventRecorderOptions) {
    this.overall = new TokenBucket(options.clock, OVERALL);
  }

  record(regarding: Regarding, note: Note): void {
    const object = `${regarding.kind}/${regarding.namespace ?? ''}/${regarding.name}/${regarding.uid ?? ''}`;
    if (!this.bucket(object).tryTake() || !this.overall.tryTake()) return;
    this.queue = this.queue.then(() => this.write(object, regarding, note));
  }

  /** Resolves once what was recorded is written, or was given up. */
  flushed(): Promise<void> {
    return this.queue;
  }

  private bucket(object: string): TokenBucket {
    const known = this.buckets.get(object);
    if (known) return known;
    const made = new TokenBucket(this.options.clock, PER_OBJECT);
    remember(this.buckets, object, made);
    return made;
  }

  private async write(object: string, regarding: Regarding, note: Note): Promise<void> {
    const { logger, signal } = this.options;
    if (signal.aborted) return;
    const key = `${object} ${note.type} ${note.reason} ${note.message}`;
    try {
      if (!(await this.again(key))) await this.first(key, regarding, note);
    } catch (error) {
      logger.debug({ cause: error, regarding, note }, 'an event was not written');
    }
  }

  /** @returns false where it has to be told as for the first time */
  private async again(key: string): Promise<boolean> {
    const { api, clock, signal } = this.options;
    const before = this.told.get(key);
    if (!before || clock.monotonic() - before.at > SAME_MS) return false;
    const { namespace, name, count } = before;
    const patch = { count: count + 1, lastTimestamp: this.timestamp() };
    try {
      await api.patch(`/api/v1/namespaces/${namespace}/events/${name}`, 'merge', patch, signal);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
    Object.assign(before, { count: count + 1, at: clock.monotonic() });
    return true;
  }

  private async first(key: string, regarding: Regarding, note: Note): Promise<void> {
    const { api, clock, component, instance, signal } = this.options;
    // Events of objects without a namespace live in `default` (client-go).
    const namespace = regarding.namespace ?? 'default';
    const hash = createHash('sha256').update(`${key} ${instance} ${clock.now()}`).digest('hex').slice(0, 16);
    const name = `${regarding.name.slice(0, 200)}.${hash}`;
    const timestamp = this.timestamp();
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: regarding,
      type: note.type,
      reason: note.reason,
      message: note.message.slice(0, MESSAGE_MAX),
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      count: 1,
    };
    await api.create(`/api/v1/namespaces/${namespace}/events`, event, signal).catch((error: unknown) => {
      // It had arrived, and the connection broke before the answer.
      if (!isConflict(error)) throw error;
    });
    remember(this.told, key, { namespace, name, count: 1, at: clock.monotonic() });
  }

  private timestamp(): string {
    return new Date(this.options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

/** The oldest are forgotten: neither time nor objects end. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) return;
    map.delete(oldest);
  }
}
