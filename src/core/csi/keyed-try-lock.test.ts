import { describe, expect, test } from 'bun:test';
import { KeyedTryLock } from './keyed-try-lock.ts';

describe('KeyedTryLock', () => {
  test('a key is held by one at a time, others stay free', () => {
    const locks = new KeyedTryLock();
    expect(locks.acquire('a')).toBe(true);
    expect(locks.acquire('a')).toBe(false);
    expect(locks.acquire('b')).toBe(true);
    locks.release('a');
    expect(locks.acquire('a')).toBe(true);
  });
});
