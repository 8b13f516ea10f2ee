import { KubernetesError, refused } from './kubernetes-error.ts';

/** The part of every object's metadata that is read here, as on the wire. */
export interface WireMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface WireObject {
  readonly metadata: WireMetadata;
}

export interface WireList {
  readonly items: readonly WireObject[];
  readonly resourceVersion: string;
  /** The token of the next page. */
  readonly next: string | undefined;
}

/** @throws KubernetesError `protocol` where it is no list of Kubernetes objects */
export function readList(value: unknown): WireList {
  if (!isRecord(value) || !Array.isArray(value['items']) || !isRecord(value['metadata'])) {
    throw new KubernetesError('protocol', 'the API server answered something that is no list');
  }
  const { resourceVersion, continue: next } = value['metadata'];
  if (typeof resourceVersion !== 'string') {
    throw new KubernetesError('protocol', 'a list without a resourceVersion');
  }
  const items = value['items'].map(readObject);
  return { items, resourceVersion, next: typeof next === 'string' && next !== '' ? next : undefined };
}

export type WatchEvent =
  | { readonly kind: 'changed' | 'deleted'; readonly object: WireObject; readonly resourceVersion: string }
  /** Nothing happened up to here. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

/** @throws KubernetesError what the server says in an ERROR event (410: `changed`), or `protocol` */
export function readWatchEvent(value: unknown): WatchEvent {
  if (!isRecord(value) || !isRecord(value['object'])) {
    throw new KubernetesError('protocol', 'a watch event without an object');
  }
  const { type, object } = value;
  if (type === 'ERROR') throw refused('watch', Number(object['code'] ?? 500), object);
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const resourceVersion = metadata['resourceVersion'];
  if (typeof resourceVersion !== 'string') {
    throw new KubernetesError('protocol', 'a watch event without a resourceVersion');
  }
  if (type === 'BOOKMARK') return { kind: 'bookmark', resourceVersion };
  if (type === 'ADDED' || type === 'MODIFIED') {
    return { kind: 'changed', object: readObject(object), resourceVersion };
  }
  if (type === 'DELETED') return { kind: 'deleted', object: readObject(object), resourceVersion };
  throw new KubernetesError('protocol', `a watch event of the type ${JSON.stringify(type)}`);
}

function readObject(value: unknown): WireObject {
  const metadata = isRecord(value) && isRecord(value['metadata']) ? value['metadata'] : {};
  if (typeof metadata['name'] !== 'string' || typeof metadata['uid'] !== 'string') {
    throw new KubernetesError('protocol', 'an object without name and uid');
  }
  return value as unknown as WireObject;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
