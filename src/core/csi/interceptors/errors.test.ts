import { describe, expect, test } from 'bun:test';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { BackendError } from '../../storage/backend-error.ts';
import { CsiError, invalidArgument } from '../csi-error.ts';
import { errors } from './errors.ts';

async function translated(thrown: unknown, request: object = {}, method = 'CreateVolume'): Promise<CsiError> {
  const layer = errors(() => Promise.reject(thrown), rpcMethod(method));
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

  test('each names what it is about, by its id or the name that it is to have', async () => {
    const away = new BackendError('unavailable', 'appliance rds is away');
    const texts = async (request: object, method?: string) =>
      (await translated(away, request, method)).message;
    expect(await texts({ volumeId: 'rds/csi-x' }, 'DeleteVolume')).toBe(
      'volume rds/csi-x: appliance rds is away',
    );
    expect(await texts({ name: 'pvc-1' })).toBe('volume "pvc-1": appliance rds is away');
    // A name may happen to be a word of the text.
    expect(await texts({ name: 'away' })).toBe('volume "away": appliance rds is away');
    expect(await texts({ name: 'snap-1' }, 'CreateSnapshot')).toBe(
      'snapshot "snap-1": appliance rds is away',
    );
    expect(await texts({ groupSnapshotId: 'rds/csi-g' }, 'GetVolumeGroupSnapshot')).toBe(
      'group snapshot rds/csi-g: appliance rds is away',
    );
    expect(await texts({ sourceVolumeId: 'rds/csi-x', snapshotId: '' }, 'ListSnapshots')).toBe(
      'appliance rds is away',
    );
    expect(await texts({ volumeId: 'a\u001b[2J\nb' }, 'DeleteVolume')).toBe(
      'volume "a\\u001b[2J\\nb": appliance rds is away',
    );
  });

  test('one that names it already is left as it is', async () => {
    for (const [request, text] of [
      [{ volumeId: 'rds/csi-x' }, 'volume rds/csi-x is busy'],
      [{ volumeId: 'no "id"' }, 'volume "no \\"id\\"" does not exist'],
      [{ name: 'pvc-1' }, 'volume "pvc-1" exists'],
    ] as const) {
      expect((await translated(new BackendError('conflict', text), request)).message).toBe(text);
    }
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
