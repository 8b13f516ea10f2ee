import { describe, expect, test } from 'bun:test';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { BackendError } from '../../storage/backend-error.ts';
import { CsiError, invalidArgument } from '../csi-error.ts';
import { errors } from './errors.ts';

async function translated(thrown: unknown, request: object = {}): Promise<CsiError> {
  const layer = errors(() => Promise.reject(thrown), rpcMethod('CreateVolume'));
  const error = await layer(request, rpcCall()).catch((caught: unknown) => caught);
  if (!(error instanceof CsiError)) throw new Error(`not a CsiError: ${error}`);
  return error;
}

describe('errors', () => {
  test('lets an answer pass', async () => {
    expect(await errors(async () => 42, rpcMethod('CreateVolume'))({}, rpcCall())).toBe(42);
  });

  test('translates what services throw', async () => {
    const error = await translated(new BackendError('in-use', 'volume a/b is used by node1'));
    expect([error.codeName, error.message]).toEqual(['FAILED_PRECONDITION', 'volume a/b is used by node1']);
  });

  test('an unknown failure becomes INTERNAL', async () => {
    expect((await translated('a string')).codeName).toBe('INTERNAL');
  });

  test('the secrets of the request never leave in a message', async () => {
    const thrown = invalidArgument('passphrase hunter2 is too short');
    const error = await translated(thrown, { secrets: { passphrase: 'hunter2' } });
    expect([error.codeName, error.message]).toEqual([
      'INVALID_ARGUMENT',
      'passphrase [redacted] is too short',
    ]);
    expect(await translated(thrown, { secrets: { other: 'elsewhere' } })).toBe(thrown);
  });
});
