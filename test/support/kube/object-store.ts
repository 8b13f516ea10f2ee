/** An object as the API server keeps it. */
export interface Stored {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    finalizers?: string[];
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

export interface StoreEvent {
  readonly version: number;
  readonly collection: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
}

/** etcd in a nutshell: objects with versions, and the history that watches go through. */
export class ObjectStore {
  private readonly objects = new Map<string, Map<string, Stored>>();
  private readonly history: StoreEvent[] = [];
  private readonly listeners = new Set<(event: StoreEvent) => void>();
  private oldest = 0;
  version = 1000;

  list(collection: string, namespace?: string): Stored[] {
    const all = [...(this.objects.get(collection) ?? new Map<string, Stored>()).values()];
    return namespace === undefined ? all : all.filter((one) => one.metadata.namespace === namespace);
  }

  get(collection: string, key: string): Stored | undefined {
    return this.objects.get(collection)?.get(key);
  }

  put(collection: string, given: Record<string, unknown>): Stored {
    const metadata = (given['metadata'] ?? {}) as Partial<Stored['metadata']>;
    const key = keyOf(metadata);
    const before = this.get(collection, key);
    this.version += 1;
    const object: Stored = {
      ...structuredClone(given),
      metadata: {
        ...structuredClone(metadata),
        name: metadata.name ?? '',
        uid: before?.metadata.uid ?? metadata.uid ?? crypto.randomUUID(),
        creationTimestamp:
          before?.metadata.creationTimestamp ?? metadata.creationTimestamp ?? new Date().toISOString(),
        resourceVersion: String(this.version),
      },
    };
    if (object.metadata.deletionTimestamp !== undefined && !object.metadata.finalizers?.length) {
      this.remove(collection, key);
      return object;
    }
    const items = this.objects.get(collection) ?? new Map<string, Stored>();
    items.set(key, object);
    this.objects.set(collection, items);
    this.tell({ version: this.version, collection, type: before ? 'MODIFIED' : 'ADDED', object });
    return object;
  }

  /** As the API server deletes: what has finalizers is only marked. */
  delete(collection: string, key: string): Stored | undefined {
    const before = this.get(collection, key);
    if (!before) return undefined;
    if (!before.metadata.finalizers?.length) return this.remove(collection, key);
    return this.put(collection, {
      ...before,
      metadata: { ...before.metadata, deletionTimestamp: new Date().toISOString() },
    });
  }

  /** The end of an object, whatever its finalizers say. */
  remove(collection: string, key: string): Stored | undefined {
    const before = this.get(collection, key);
    if (!before) return undefined;
    this.objects.get(collection)?.delete(key);
    this.version += 1;
    const metadata = { ...before.metadata, resourceVersion: String(this.version) };
    this.tell({ version: this.version, collection, type: 'DELETED', object: { ...before, metadata } });
    return before;
  }

  /** Forgets the history: watches from an older version are told 410. */
  compact(): void {
    this.oldest = this.version;
    this.history.length = 0;
  }

  /** @returns undefined where that version is compacted away */
  since(collection: string, version: number): StoreEvent[] | undefined {
    if (version < this.oldest) return undefined;
    return this.history.filter((event) => event.collection === collection && event.version > version);
  }

  onEvent(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private tell(event: StoreEvent): void {
    this.history.push(event);
    for (const listener of this.listeners) listener(event);
  }
}

export const keyOf = ({ namespace, name = '' }: { namespace?: string; name?: string }): string =>
  namespace === undefined ? name : `${namespace}/${name}`;
