import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { BackendError } from './backend-error.ts';
import { decideClaim, decideRelease } from './claims.ts';
import type { Publication } from './volume.ts';
import type { Epoch, NodeId } from './volume-id.ts';
import { volumeId } from './volume-id.ts';

const id = volumeId('rds', 'csi-a');
const limits = { maxWriters: 2, maxReaders: 3 };
const epoch = '0123456789abcdef' as Epoch;
const claims = fc.record({
  node: fc.constantFrom('node-a', 'node-b', 'node-c', 'node-d', 'node-e').map((node) => node as NodeId),
  sharing: fc.constantFrom('single' as const, 'multi' as const),
  readonly: fc.boolean(),
});

/** Claims one after the other, as a volume's record goes through them. */
function admitted(sequence: readonly Publication[]): Publication[] {
  const publications: Publication[] = [];
  for (const claim of sequence) {
    try {
      if (decideClaim({ id, publications }, claim, limits) === 'add') publications.push(claim);
    } catch (error) {
      expect(error).toBeInstanceOf(BackendError);
    }
  }
  return publications;
}

function refusal(publications: readonly Publication[], claim: Publication): BackendError {
  try {
    decideClaim({ id, publications }, claim, limits);
  } catch (error) {
    if (error instanceof BackendError) return error;
  }
  throw new Error('was not refused');
}

const held = (node: string, sharing: 'single' | 'multi', readonly: boolean): Publication => ({
  node: node as NodeId,
  sharing,
  readonly,
});

describe('claims', () => {
  test('no sequence of claims lets in more than the rules allow', () => {
    fc.assert(
      fc.property(fc.array(claims, { maxLength: 20 }), (sequence) => {
        const publications = admitted(sequence);
        expect(new Set(publications.map(({ node }) => node)).size).toBe(publications.length);
        expect(new Set(publications.map(({ readonly }) => readonly)).size).toBeLessThanOrEqual(1);
        if (publications.some(({ sharing }) => sharing === 'single')) expect(publications).toHaveLength(1);
        const limit = publications[0]?.readonly ? limits.maxReaders : limits.maxWriters;
        expect(publications.length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  test('an unused volume takes any claim, and the same claim is held from then on', () => {
    fc.assert(
      fc.property(claims, (claim) => {
        expect(decideClaim({ id, publications: [] }, claim, limits)).toBe('add');
        expect(decideClaim({ id, publications: [claim] }, claim, limits)).toBe('held');
      }),
    );
  });

  test('a held claim stays held when others fill the volume', () => {
    const publications = ['node-a', 'node-b', 'node-c'].map((node) => held(node, 'multi', true));
    for (const claim of publications) expect(decideClaim({ id, publications }, claim, limits)).toBe('held');
  });

  test('a node with another access is told which it has', () => {
    const error = refusal([held('node-a', 'single', false)], held('node-a', 'multi', true));
    expect(error.kind).toBe('conflict');
    expect(error.message).toBe(
      'volume rds/csi-a is published to node node-a as single read-write, asked for is multi read-only; unpublish it there first',
    );
  });

  test('a refusal names the volume, every holder with its access, and the reason', () => {
    const writers = [held('node-a', 'multi', false), held('node-b', 'multi', false)];
    const cases = [
      [writers, held('node-c', 'multi', false), 'at most 2 nodes can be its writers'],
      [writers, held('node-c', 'multi', true), 'readers and writers exclude each other'],
      [writers, held('node-c', 'single', false), 'single access is for one node alone'],
      [
        [held('node-a', 'single', true)],
        held('node-b', 'multi', true),
        'single access is for one node alone',
      ],
    ] as const;
    for (const [publications, claim, reason] of cases) {
      const { kind, message } = refusal(publications, claim);
      expect(kind).toBe('in-use');
      for (const text of [id, reason, claim.node, ...publications.map(({ node }) => node)]) {
        expect(message).toContain(text);
      }
    }
  });
});

describe('releases', () => {
  test('exactly the node that leaves is removed, and all are with all', () => {
    fc.assert(
      fc.property(fc.array(claims, { maxLength: 8 }), claims, (sequence, { node }) => {
        const publications = admitted(sequence);
        const rest = publications.filter((publication) => publication.node !== node);
        const volume = { id, publications, epoch };
        const wanted = rest.length < publications.length ? rest : undefined;
        expect(decideRelease(volume, node, undefined)).toEqual(wanted);
        expect(decideRelease(volume, node, epoch)).toEqual(wanted);
        expect(decideRelease(volume, 'all', undefined)).toEqual(publications.length > 0 ? [] : undefined);
      }),
    );
  });

  test('another epoch than the guard is changed, whoever leaves', () => {
    const volume = { id, publications: [held('node-a', 'single', false)], epoch };
    const other = 'fedcba9876543210' as Epoch;
    for (const node of ['node-a', 'node-b', 'all'].map((name) => name as NodeId)) {
      expect(() => decideRelease(volume, node, other)).toThrow(
        expect.objectContaining({ kind: 'changed', message: expect.stringContaining(other) }),
      );
    }
    expect(decideRelease({ id, publications: [] }, 'all', other)).toBeUndefined();
  });
});
