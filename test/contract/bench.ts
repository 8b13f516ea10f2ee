import { expect } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { type CallContext, detachedContext } from '../../src/core/call-context.ts';
import type { ErrorKind } from '../../src/core/driver-error.ts';
import { BackendError } from '../../src/core/storage/backend-error.ts';
import type { Pool } from '../../src/core/storage/pool.ts';
import type { StorageBackend } from '../../src/core/storage/storage-backend.ts';
import type { PublishAccess, PublishClaim, Volume, VolumeSpec } from '../../src/core/storage/volume.ts';
import type { NodeId } from '../../src/core/storage/volume-id.ts';

/**
 * An appliance of its own for one test. Every pool must be smaller than the largest volume and have room for 64 of
 * the smallest, and the default pool must be the first of those that `pools()` lists.
 */
export interface BackendFixture {
  readonly backend: StorageBackend;
  /** The same appliance, as a new process of the driver sees it; the backend before is closed. */
  readonly restart?: () => Promise<StorageBackend>;
  /** Takes the appliance away, and gives it back; each resolves once the backend knows. */
  readonly outage?: {
    /** @returns a part of the reason that the backend gives from now on: what was wished, where it can be had */
    begin(wished: string): Promise<string>;
    end(): Promise<void>;
  };
  /** While `work` runs, deletions of volumes break off when they come to the image: they fail as `unavailable`. */
  readonly cutDeletions?: (work: () => Promise<unknown>) => Promise<void>;
  /** Closes the backend and removes whatever the fixture made. */
  readonly dispose: () => Promise<void>;
}

export type BackendFactory = () => Promise<BackendFixture>;

/** What one test works with. */
export class Bench {
  readonly run = randomUUID().slice(0, 8);
  readonly context: CallContext;
  private current: StorageBackend;

  constructor(readonly fixture: BackendFixture) {
    this.current = fixture.backend;
    this.context = detachedContext(AbortSignal.timeout(60_000));
  }

  get backend(): StorageBackend {
    return this.current;
  }

  /** A new process, where the fixture can play one; the same process otherwise. */
  async restart(): Promise<void> {
    if (this.fixture.restart) this.current = await this.fixture.restart();
  }

  /** The smallest volume. */
  get small(): bigint {
    return this.backend.capabilities.minVolumeBytes;
  }

  name(text: string): string {
    return `${text}-${this.run}`;
  }

  spec(name: string, change: Partial<VolumeSpec> = {}): VolumeSpec {
    const size = { requiredBytes: this.small, provisioning: 'thin', compression: false } as const;
    return { name: this.name(name), ...size, ...change };
  }

  create(name: string, change: Partial<VolumeSpec> = {}): Promise<Volume> {
    return this.backend.createVolume(this.spec(name, change), this.context);
  }

  /** A volume that must be there, as it is now. */
  async read({ id }: Volume): Promise<Volume> {
    const volume = await this.backend.getVolume(id, this.context);
    if (!volume) throw new Error(`${id} is gone`);
    return volume;
  }

  async defaultPool(): Promise<Pool> {
    const [pool] = await this.backend.pools(this.context);
    if (!pool) throw new Error('there is no pool');
    return pool;
  }

  /** Free space of all pools, to compare before and after. */
  async available(): Promise<readonly unknown[]> {
    const pools = await this.backend.pools(this.context);
    return pools.map(({ name, availableBytes }) => ({ name, ...availableBytes }));
  }
}

/** Registers one test; the body gets an appliance of its own. */
export type Check = (title: string, body: (bench: Bench) => Promise<void>) => void;

export const node = (name: string): NodeId => name as NodeId;

export const SINGLE_WRITER: PublishAccess = { sharing: 'single', readonly: false };
export const SINGLE_READER: PublishAccess = { sharing: 'single', readonly: true };
export const MULTI_WRITER: PublishAccess = { sharing: 'multi', readonly: false };
export const MULTI_READER: PublishAccess = { sharing: 'multi', readonly: true };

export const claim = (name: string, access: PublishAccess = SINGLE_WRITER): PublishClaim => ({
  node: node(name),
  ...access,
});

/** What a promise is rejected with; fails where it is not. */
export async function rejection(promise: Promise<unknown>): Promise<BackendError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`resolved with ${Bun.inspect(outcome.value)}`);
  expect(outcome.error).toBeInstanceOf(BackendError);
  return outcome.error as BackendError;
}

/** Fails unless it is rejected with that kind and a message that has all the texts in it. */
export async function expectKind(
  kind: ErrorKind,
  promise: Promise<unknown>,
  ...texts: string[]
): Promise<void> {
  const error = await rejection(promise);
  expect({ kind: error.kind, message: error.message }).toEqual({ kind, message: expect.any(String) });
  for (const text of texts) expect(error.message).toContain(text);
}

/** As callers do with ABORTED: `changed` is tried again. */
export async function persistently<T>(operation: () => Promise<T>): Promise<T> {
  for (let left = 50; ; left -= 1) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof BackendError) || error.kind !== 'changed' || left === 0) throw error;
    }
  }
}

/** How many succeeded, and the kinds of the others' errors, each once. */
export async function outcomes(
  promises: readonly Promise<unknown>[],
): Promise<{ readonly done: number; readonly kinds: readonly string[] }> {
  const settled = await Promise.allSettled(promises);
  const kinds = settled.flatMap((one) => {
    if (one.status === 'fulfilled') return [];
    expect(one.reason).toBeInstanceOf(BackendError);
    return [(one.reason as BackendError).kind];
  });
  return { done: settled.length - kinds.length, kinds: [...new Set(kinds)] };
}
