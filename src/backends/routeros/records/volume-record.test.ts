import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Publication } from '../../../core/storage/volume.ts';
import type { Epoch, NodeId } from '../../../core/storage/volume-id.ts';
import { storeName } from './stored-name.ts';
import {
  clusterPattern,
  clusterTag,
  readRecord,
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
    expect(readRecord(`rc2;${CLUSTER};whatever`, CLUSTER)).toEqual({ state: 'newer', format: 2 });
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
    expect(() => writeRecord(full)).toThrow('no room for 4 nodes');
  });

  test('is found by the patterns that scripts search with', () => {
    fc.assert(
      fc.property(record, (one) => {
        const comment = writeRecord(one);
        expect(new RegExp(clusterPattern(CLUSTER)).test(comment)).toBe(true);
        expect(new RegExp(unpublishedPattern(CLUSTER)).test(comment)).toBe(one.epoch === undefined);
        expect(new RegExp(THICK_PATTERN).test(comment)).toBe(one.provisioning === 'thick');
      }),
    );
  });
});
