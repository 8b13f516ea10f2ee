import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { nodeIdFor } from './node-id.ts';
import { isNodeId } from './volume-id.ts';

describe('nodeIdFor', () => {
  test('keeps a name that fits', () => {
    expect(String(nodeIdFor('worker-1.example.org'))).toBe('worker-1.example.org');
  });

  test('shortens a long name, and keeps two long names apart', () => {
    const a = nodeIdFor(`${'n'.repeat(80)}a`);
    const b = nodeIdFor(`${'n'.repeat(80)}b`);
    expect(a).toHaveLength(63);
    expect(a).not.toBe(b);
  });

  test('always gives a node id', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => isNodeId(nodeIdFor(name))));
  });
});
