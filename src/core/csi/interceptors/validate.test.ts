import { describe, expect, test } from 'bun:test';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { REQUEST_SCHEMAS } from '../schemas/request-schemas.ts';
import { validate } from './validate.ts';

describe('validate', () => {
  test('hands on what the schema allows, unchanged', async () => {
    const request = { volumeId: 'a/b', secrets: {} };
    const layer = validate(REQUEST_SCHEMAS)(async (given) => given, rpcMethod('DeleteVolume'));
    expect(await layer(request, rpcCall('DeleteVolume'))).toBe(request);
  });

  test('refuses what it does not allow, and the handler is not called', async () => {
    let called = false;
    const layer = validate(REQUEST_SCHEMAS)(async () => {
      called = true;
    }, rpcMethod('DeleteVolume'));
    await expect(layer({ volumeId: '', secrets: {} }, rpcCall('DeleteVolume'))).rejects.toMatchObject({
      codeName: 'INVALID_ARGUMENT',
    });
    expect(called).toBe(false);
  });

  test('a method without a schema cannot be served', () => {
    expect(() => validate(REQUEST_SCHEMAS)(async () => 1, rpcMethod('MakeCoffee'))).toThrow(
      'MakeCoffee has a handler but no schema',
    );
  });
});
