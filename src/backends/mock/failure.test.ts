import { expect, test } from 'bun:test';
import { BackendError } from '../../core/storage/backend-error.ts';
import { abortError, asBackendError, errnoOf } from './failure.ts';

const calm = new AbortController().signal;
const errno = (code: string): Error => Object.assign(new Error(`${code}: open '/data/x'`), { code });

test('errors of ours and the reason of an abort stay as they are', () => {
  const ours = new BackendError('in-use', 'held');
  expect(asBackendError(ours, 'deleteVolume', calm)).toBe(ours);
  const reason = new Error('deadline');
  expect(asBackendError(reason, 'deleteVolume', AbortSignal.abort(reason))).toBe(reason);
});

test('an abort without an error is a timeout', () => {
  const signal = AbortSignal.abort('because');
  expect(asBackendError('because', 'pools', signal)).toMatchObject({ kind: 'timeout' });
  expect(abortError(signal, 'pools').message).toContain('pools');
});

test('a failed system call keeps its message and says whether it may have been done', () => {
  const cases = [
    ['ENOSPC', 'exhausted', false],
    ['EDQUOT', 'exhausted', false],
    ['EACCES', 'permission', false],
    ['EROFS', 'permission', false],
    ['EIO', 'unavailable', true],
  ] as const;
  for (const [code, kind, uncertain] of cases) {
    const error = asBackendError(errno(code), 'createVolume', calm);
    expect(error).toMatchObject({ kind, uncertain });
    expect(error.message).toContain('/data/x');
  }
});

test('anything else is a fault of the backend, with its cause', () => {
  const cause = new TypeError('undefined is not a function');
  expect(asBackendError(cause, 'pools', calm)).toMatchObject({ kind: 'protocol', cause });
  expect(asBackendError('a text', 'pools', calm).message).toContain('a text');
});

test('only names of errno count as such', () => {
  expect(errnoOf(errno('ENOENT'))).toBe('ENOENT');
  const others = [errno('ERR_INVALID_ARG_TYPE'), errno('x'), new Error('x'), 'ENOENT', undefined];
  expect(others.filter((error) => errnoOf(error) !== undefined)).toEqual([]);
});
