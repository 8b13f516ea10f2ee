import { describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { ERROR_KINDS } from '../driver-error.ts';
import { BackendError } from '../storage/backend-error.ts';
import { CsiError, invalidArgument } from './csi-error.ts';

describe('CsiError.from', () => {
  test('leaves a CsiError as it is', () => {
    const error = invalidArgument('name: is required');
    expect(CsiError.from(error)).toBe(error);
    expect(error.codeName).toBe('INVALID_ARGUMENT');
  });

  test.each([...ERROR_KINDS])('the kind %s keeps its message and has a code of its own', (kind) => {
    const cause = new BackendError(kind, 'volume a/b: because');
    const error = CsiError.from(cause);
    expect(error.message).toBe('volume a/b: because');
    expect(error.cause).toBe(cause);
    expect([status.OK, status.UNKNOWN, status.UNIMPLEMENTED]).not.toContain(error.code);
  });

  test.each([
    ['not-found', 'NOT_FOUND'],
    ['conflict', 'ALREADY_EXISTS'],
    ['changed', 'ABORTED'],
    ['in-use', 'FAILED_PRECONDITION'],
    ['unavailable', 'UNAVAILABLE'],
    ['protocol', 'INTERNAL'],
  ] as const)('%s is %s', (kind, code) => {
    expect(CsiError.from(new BackendError(kind, 'x')).codeName).toBe(code);
  });

  test.each([new Error('the key is hunter2'), 'hunter2', undefined, { password: 'hunter2' }])(
    'an unknown failure says nothing of itself (%#)',
    (thrown) => {
      const error = CsiError.from(thrown);
      expect(error.codeName).toBe('INTERNAL');
      expect(error.message).not.toContain('hunter2');
      expect(error.cause).toBe(thrown);
    },
  );
});
