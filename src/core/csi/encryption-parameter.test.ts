import { expect, test } from 'bun:test';
import { encryptionContext, isEncrypted } from './encryption-parameter.ts';

test('the node reads what the controller wrote', () => {
  expect(isEncrypted(encryptionContext(true))).toBe(true);
  expect(isEncrypted(encryptionContext(undefined))).toBe(false);
  expect(isEncrypted({ encrypted: 'false', pool: 'p' })).toBe(false);
});

test('anything else that a person wrote there is refused, with what is allowed', () => {
  for (const encrypted of ['yes', 'True', '', '1']) {
    expect(() => isEncrypted({ encrypted })).toThrow('volume_context.encrypted');
  }
});
