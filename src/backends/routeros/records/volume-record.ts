import { createHash } from 'node:crypto';
import { BackendError } from '../../../core/storage/backend-error.ts';
import {
  type Connection,
  type ConnectionChange,
  connectionOf,
} from '../../../core/storage/connection-options.ts';
import type { Encryption } from '../../../core/storage/encryption.ts';
import type { Provisioning, Publication } from '../../../core/storage/volume.ts';
import { type Epoch, isEpoch, isNodeId } from '../../../core/storage/volume-id.ts';
import { readStoredConnection, writeStoredConnection } from './stored-connection.ts';
import { isStoredName } from './stored-name.ts';

/** What the comment of a volume's disk item says. Size, compression, path and NQN stand in the item itself. */
export interface VolumeRecord extends Encryption, Connection {
  /** {@link clusterTag} of the cluster that the volume belongs to. */
  readonly cluster: string;
  /** Counts writes, so that no comment comes back: a late script that expects an older one finds it nowhere. */
  readonly revision: number;
  readonly provisioning: Provisioning;
  /** The TCP port of its exports, for its whole life. ASSUMED[target-while-not-exported]: an item that is not exported may not show its port. */
  readonly port: number;
  readonly mayFormat: boolean;
  readonly everPublished: boolean;
  /** Set exactly while there are publications. */
  readonly epoch?: Epoch;
  readonly source?: { readonly kind: 'snapshot' | 'volume'; readonly slot: string };
  /** A disk that was there before: never formatted, never deleted by the driver. It has no source. */
  readonly imported?: true;
  readonly publications: readonly Publication[];
  /** As `stored-name.ts` writes it. */
  readonly name: string;
}

export type ReadRecord =
  | { readonly state: 'ours'; readonly record: VolumeRecord }
  /** Another cluster's, or nothing of this driver's. */
  | { readonly state: 'foreign' }
  /** Of our cluster, written by a newer version of the driver. */
  | { readonly state: 'newer'; readonly format: number }
  /** It begins as ours does, and is not what the driver wrote. */
  | { readonly state: 'edited' };

/** What the driver keeps to; RouterOS's own limit is not known (docs/hardware-questions.md). */
const COMMENT_MAX_BYTES = 255;
/** With the field of what was modified of the connection; without, a record is as older versions read it. */
const PLAIN = 1;
const WITH_CONNECTION = 2;
const REVISIONS = 36 ** 5;
const CHECK_LENGTH = 4;
/** Without the connection. */
const FIELDS = 10;
/** Where a source's kind and slot stand. */
const ORIGIN = /^([sv])([A-Za-z0-9][A-Za-z0-9._-]{0,31})$/;
const IMPORTED = 'i';

const ACCESS_LETTERS = {
  s: ['single', false],
  S: ['single', true],
  m: ['multi', false],
  M: ['multi', true],
} as const;
type AccessLetter = keyof typeof ACCESS_LETTERS;

/** Tells clusters apart within the few bytes of a comment; the folder of the images has the whole id. */
export const clusterTag = (clusterId: string): string =>
  createHash('sha256').update(clusterId).digest('hex').slice(0, 8);

/**
 * The first write of a record. Not 0 for all: a script that comes late must not take a volume that was made anew under
 * its name for the one that it knew.
 * @param random bytes
 */
export const firstRevision = (random: (bytes: number) => Uint8Array): number =>
  Buffer.from(random(6)).readUIntBE(0, 6) % REVISIONS;

/** The next write of a record. */
export const nextRevision = (record: Pick<VolumeRecord, 'revision'>): number =>
  (record.revision + 1) % REVISIONS;

/**
 * `rc1;<cluster>;<revision>;<flags>;<port>;<epoch>;<source>;<publications>;<name>;<check>`, ASCII without spaces. `rc2`
 * has a connection before its check (docs/decisions/0034).
 * @throws BackendError `exhausted` where a further publication does not fit
 */
export function writeRecord(record: VolumeRecord): string {
  const publications = record.publications.map(writePublication).join(',');
  const flags = [
    record.provisioning === 'thick' ? 'T' : 't',
    record.mayFormat ? 'f' : '-',
    record.everPublished ? 'p' : '-',
    record.encrypted ? 'e' : '',
  ].join('');
  const { connection } = connectionOf(record);
  const body = [
    `rc${connection ? WITH_CONNECTION : PLAIN}`,
    record.cluster,
    record.revision.toString(36),
    flags,
    String(record.port),
    record.epoch ?? '-',
    writeOrigin(record),
    publications || '-',
    record.name,
    ...(connection ? [writeStoredConnection(connection)] : []),
  ].join(';');
  const text = `${body};${check(body)}`;
  if (text.length <= COMMENT_MAX_BYTES) return text;
  throw new BackendError(
    'exhausted',
    `the record has no room for ${record.publications.length} nodes with names as long as these` +
      `${connection ? ' beside the modified connection parameters' : ''} ` +
      `(${text.length} of ${COMMENT_MAX_BYTES} bytes); unpublish the volume from another node first`,
  );
}

export function readRecord(comment: string, cluster: string): ReadRecord {
  const head = /^rc([1-9]\d{0,3});([^;]*);/.exec(comment);
  if (!head) return { state: comment.startsWith('rc') ? 'edited' : 'foreign' };
  if (head[2] !== cluster) return { state: 'foreign' };
  if (Number(head[1]) > WITH_CONNECTION) return { state: 'newer', format: Number(head[1]) };
  const record = parse(comment, Number(head[1]));
  return record ? { state: 'ours', record } : { state: 'edited' };
}

/** POSIX extended: comments of a cluster's volumes, in every format. */
export const clusterPattern = (cluster: string): string => `^rc[0-9]+;${cluster};`;
const known = (cluster: string): string => `^rc[${PLAIN}${WITH_CONNECTION}];${cluster};`;
/** POSIX extended: comments of a cluster's volumes that are not published. */
export const unpublishedPattern = (cluster: string): string => `${known(cluster)}[^;]*;[^;]*;[^;]*;-;`;
/** POSIX extended: of those, the ones that no node has ever had. */
export const neverPublishedPattern = (cluster: string): string =>
  `${known(cluster)}[^;]*;[Tt][f-]-e?;[^;]*;-;`;
/** POSIX extended, up to the port: comments of volumes, of whatever cluster, behind which a port and `;` follow. */
export const BEFORE_PORT_PATTERN = '^rc[0-9]+;[^;]*;[^;]*;[^;]*;';
/** The port of a volume, of whatever cluster; undefined: the comment is no record. */
export function recordedPort(comment: string): number | undefined {
  const [, port] = new RegExp(`${BEFORE_PORT_PATTERN}([0-9]{1,5});`).exec(comment) ?? [];
  return port === undefined ? undefined : Number(port);
}
/** POSIX extended: comments of thick volumes, of whatever cluster. */
export const THICK_PATTERN = '^rc[0-9]+;[^;]*;[^;]*;T';

function parse(comment: string, format: number): VolumeRecord | undefined {
  const fields = comment.split(';');
  const body = comment.slice(0, -(CHECK_LENGTH + 1));
  if (fields.at(-1) !== check(body)) return undefined;
  if (format === PLAIN) return fields.length === FIELDS ? parseFields(fields, {}) : undefined;
  const connection = readStoredConnection(fields[FIELDS - 1] ?? '');
  return connection && fields.length === FIELDS + 1 ? parseFields(fields, connection) : undefined;
}

function parseFields(fields: readonly string[], connection: ConnectionChange): VolumeRecord | undefined {
  const [
    ,
    cluster = '',
    revision = '',
    flags = '',
    port = '',
    epoch = '',
    source = '',
    nodes = '',
    name = '',
  ] = fields;
  const publications = parsePublications(nodes);
  const whole =
    /^[0-9a-z]{1,5}$/.test(revision) &&
    /^[tT][f-][p-]e?$/.test(flags) &&
    /^[1-9]\d{3,4}$/.test(port) &&
    (ORIGIN.test(source) || source === '-' || source === IMPORTED) &&
    (epoch === '-') === (publications?.length === 0) &&
    (epoch === '-' || isEpoch(epoch)) &&
    isStoredName(name);
  if (!whole || !publications) return undefined;
  return {
    cluster,
    revision: Number.parseInt(revision, 36),
    provisioning: flags[0] === 'T' ? 'thick' : 'thin',
    port: Number(port),
    mayFormat: flags[1] === 'f',
    everPublished: flags[2] === 'p',
    ...(flags[3] === 'e' && { encrypted: true }),
    ...(isEpoch(epoch) && { epoch }),
    ...parseOrigin(source),
    publications,
    name,
    ...connectionOf({ connection }),
  };
}

function parseOrigin(source: string): Pick<VolumeRecord, 'source' | 'imported'> {
  if (source === IMPORTED) return { imported: true };
  const [, kind, slot] = ORIGIN.exec(source) ?? [];
  return slot ? { source: { kind: kind === 's' ? 'snapshot' : 'volume', slot } } : {};
}

function writeOrigin({ source, imported }: VolumeRecord): string {
  if (imported) return IMPORTED;
  return source ? `${source.kind === 'snapshot' ? 's' : 'v'}${source.slot}` : '-';
}

function writePublication({ node, sharing, readonly }: Publication): string {
  const letter = sharing === 'single' ? 's' : 'm';
  return `${readonly ? letter.toUpperCase() : letter}${node}`;
}

function parsePublications(text: string): Publication[] | undefined {
  if (text === '-') return [];
  const parsed = text.split(',').map((item): Publication | undefined => {
    const node = item.slice(1);
    const letter = item.slice(0, 1);
    if (!isAccessLetter(letter) || !isNodeId(node)) return undefined;
    const [sharing, readonly] = ACCESS_LETTERS[letter];
    return { node, sharing, readonly };
  });
  const whole = parsed.filter((publication) => publication !== undefined);
  const nodes = new Set(whole.map(({ node }) => node));
  return nodes.size === parsed.length ? whole : undefined;
}

const isAccessLetter = (text: string): text is AccessLetter => Object.hasOwn(ACCESS_LETTERS, text);

const check = (body: string): string =>
  createHash('sha256').update(body).digest('hex').slice(0, CHECK_LENGTH);
