import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { ConnectionChange } from '../../../core/storage/connection-options.ts';
import type { Publication } from '../../../core/storage/volume.ts';
import type { Epoch, NodeId } from '../../../core/storage/volume-id.ts';
import { storeName } from './stored-name.ts';
import {
  clusterPattern,
  clusterTag,
  neverPublishedPattern,
  readRecord,
  recordedPort,
  THICK_PATTERN,
  unpublishedPattern,
  type VolumeRecord,
  writeRecord,
} from './volume-record.ts';

const CLUSTER = clusterTag('cluster');
const nodeId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/).map((text) => text as NodeId);
const publication: fc.Arbitrary<Publication> = fc.record({
  node: nodeId,
  sharing: fc.constantFrom('single', 'multi'),
  readonly: fc.boolean(),
});
const slot = fc.stringMatching(/^csi-[a-z2-7]{28}$/);

const connection: fc.Arbitrary<ConnectionChange> = fc
  .record(
    {
      ctrlLossTimeout: fc.integer({ min: 10, max: 3600 }),
      reconnectDelay: fc.integer({ min: 1, max: 60 }),
      fastIoFailTimeout: fc.oneof(fc.constant('off' as const), fc.integer({ min: 1, max: 3600 })),
      keepAliveTimeout: fc.integer({ min: 2, max: 120 }),
      queues: fc.integer({ min: 1, max: 128 }),
    },
    { requiredKeys: [] },
  )
  .filter((one) => Object.keys(one).length > 0);

const record = fc
  .record({
    revision: fc.nat({ max: 36 ** 5 - 1 }),
    provisioning: fc.constantFrom('thin', 'thick') as fc.Arbitrary<'thin' | 'thick'>,
    port: fc.integer({ min: 1024, max: 65535 }),
    mayFormat: fc.boolean(),
    encrypted: fc.constantFrom(true as const, undefined),
    everPublished: fc.boolean(),
    epoch: fc.stringMatching(/^[0-9a-f]{16}$/),
    source: fc.option(fc.record({ kind: fc.constantFrom('snapshot', 'volume'), slot }), { nil: undefined }),
    publications: fc.uniqueArray(publication, { maxLength: 2, selector: ({ node }) => node }),
    name: fc.string({ minLength: 1 }).map(storeName),
  })
  .map(
    ({ epoch, source, publications, encrypted, ...rest }): VolumeRecord => ({
      ...rest,
      cluster: CLUSTER,
      publications,
      ...(publications.length > 0 && { epoch: epoch as Epoch }),
      ...(encrypted && { encrypted }),
      ...(source && { source: source as NonNullable<VolumeRecord['source']> }),
    }),
  );

describe('a record', () => {
  test('with two nodes of the longest names fits into a comment, and reads back as it was', () => {
    fc.assert(
      fc.property(record, (one) => {
        const comment = writeRecord(one);
        expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(255);
        expect(comment).toMatch(/^[\x21-\x7e]+$/);
        expect(readRecord(comment, CLUSTER)).toEqual({ state: 'ours', record: one });
      }),
    );
  });

  test('with a modified connection and two nodes of 53 characters fits, and reads back as it was', () => {
    fc.assert(
      fc.property(record, connection, (one, modified) => {
        const short = ({ node, ...access }: Publication, at: number): Publication => ({
          node: `${at}${node}`.slice(0, 53) as NodeId,
          ...access,
        });
        const changed = { ...one, publications: one.publications.map(short), connection: modified };
        const comment = writeRecord(changed);
        expect(comment).toMatch(/^rc2;[\x21-\x7e]{1,251}$/);
        expect(readRecord(comment, CLUSTER)).toEqual({ state: 'ours', record: changed });
      }),
    );
  });

  test('is written as older versions read it until its connection is modified', () => {
    fc.assert(
      fc.property(record, (one) => {
        expect(writeRecord(one)).toStartWith('rc1;');
        expect(writeRecord({ ...one, connection: {} })).toBe(writeRecord(one));
      }),
    );
    const older = `rc1;${CLUSTER};1;tf-;20000;-;-;-;pvc-1;`;
    const sum = createHash('sha256').update(older.slice(0, -1)).digest('hex').slice(0, 4);
    const read = readRecord(older + sum, CLUSTER);
    expect(read.state === 'ours' && writeRecord(read.record)).toBe(older + sum);
  });

  test('whose format and fields do not go together is edited', () => {
    const one = fc.sample(record, 1)[0];
    if (!one) throw new Error('no record');
    const resum = (body: string) => `${body};${createHash('sha256').update(body).digest('hex').slice(0, 4)}`;
    const body = writeRecord(one).replace(/;[^;]*$/, '');
    for (const wrong of [`${body};L8c`, body.replace('rc1', 'rc2'), `${body.replace('rc1', 'rc2')};`])
      expect(readRecord(resum(wrong), CLUSTER)).toEqual({ state: 'edited' });
  });

  test('that a person changed anywhere is never taken for ours', () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.string({ minLength: 1, maxLength: 3 }), (one, place, typed) => {
        const comment = writeRecord(one);
        const at = place % (comment.length + 1);
        for (const edited of [comment.slice(0, at) + typed + comment.slice(at), comment.slice(0, at)]) {
          if (edited === comment) continue;
          const read = readRecord(edited, CLUSTER);
          expect(read.state === 'ours' && Bun.deepEquals(read.record, one)).toBe(false);
        }
      }),
    );
  });

  test('of another cluster, or of nobody, is foreign', () => {
    fc.assert(
      fc.property(record, (one) => {
        expect(readRecord(writeRecord(one), clusterTag('other'))).toEqual({ state: 'foreign' });
      }),
    );
    expect(readRecord('', CLUSTER)).toEqual({ state: 'foreign' });
    expect(readRecord('my disk', CLUSTER)).toEqual({ state: 'foreign' });
  });

  test('of a newer version is known as such', () => {
    expect(readRecord(`rc3;${CLUSTER};whatever`, CLUSTER)).toEqual({ state: 'newer', format: 3 });
  });

  test('with more readers than there is room for is refused, and says so', () => {
    const publications = Array.from(
      { length: 4 },
      (_, at): Publication => ({
        node: `${'n'.repeat(60)}${at}` as NodeId,
        sharing: 'multi',
        readonly: true,
      }),
    );
    const one = { cluster: CLUSTER, revision: 1, provisioning: 'thin', port: 4420, mayFormat: true } as const;
    const full = { ...one, everPublished: true, epoch: '0123456789abcdef' as Epoch, publications, name: 'n' };
    expect(() => writeRecord(full)).toThrow('no room for 4 nodes with names as long as these (');
    expect(() => writeRecord({ ...full, connection: { queues: 1 } })).toThrow(
      'these beside the modified connection parameters',
    );
  });

  test('is found by the patterns that scripts search with', () => {
    fc.assert(
      fc.property(record, fc.option(connection), (plain, modified) => {
        const one = {
          ...plain,
          publications: plain.publications.slice(0, 1),
          ...(modified && { connection: modified }),
        };
        const comment = writeRecord(one);
        expect(new RegExp(clusterPattern(CLUSTER)).test(comment)).toBe(true);
        expect(new RegExp(unpublishedPattern(CLUSTER)).test(comment)).toBe(one.epoch === undefined);
        expect(new RegExp(THICK_PATTERN).test(comment)).toBe(one.provisioning === 'thick');
        expect(new RegExp(neverPublishedPattern(CLUSTER)).test(comment)).toBe(
          one.epoch === undefined && !one.everPublished,
        );
        expect(recordedPort(comment)).toBe(one.port);
      }),
    );
  });
});
