import { describe, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { RecordingLogger } from '../../../../test/support/recording-logger.ts';
import { rpcCall, rpcMethod } from '../../../../test/support/rpc-call.ts';
import { BackendError } from '../../storage/backend-error.ts';
import { CsiError } from '../csi-error.ts';
import type { EdgeHandler } from './interceptor.ts';
import { log } from './log.ts';
import { callerContext } from './trace.ts';

async function logged(name: string, request: object, handler: EdgeHandler) {
  const logger = new RecordingLogger();
  const clock = new ManualClock();
  const slow: EdgeHandler = (given, call) => {
    clock.advance(12.34);
    return handler(given, call);
  };
  const layer = log(clock)(slow, rpcMethod(name));
  const outcome = await layer(request, rpcCall(name, { logger })).catch((error: unknown) => error);
  return { logger, outcome, end: logger.lines.at(-1) };
}

const failWith =
  (error: unknown): EdgeHandler =>
  () =>
    Promise.reject(error);

describe('log', () => {
  test('one line at the end of a call: method, request, volume, duration and code', async () => {
    const { logger, end, outcome } = await logged('DeleteVolume', { volumeId: 'a/b' }, async () => 'done');
    expect(outcome).toBe('done');
    expect(logger.lines.filter(({ level }) => level !== 'debug')).toHaveLength(1);
    expect(end).toEqual({
      level: 'info',
      message: 'call handled',
      fields: {
        method: 'DeleteVolume',
        requestId: 'request-1',
        volumeId: 'a/b',
        code: 'OK',
        durationMs: 12.3,
      },
    });
  });

  test('a line has the trace id that the caller sent, with or without a collector of ours', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const logger = new RecordingLogger();
    const call = rpcCall('DeleteVolume', { logger });
    call.trace = callerContext(`00-${traceId}-b7ad6b7169203331-01`);
    await log(new ManualClock())(async () => 'done', rpcMethod('DeleteVolume'))({ volumeId: 'a/b' }, call);
    expect(logger.lines.at(-1)?.fields).toMatchObject({ traceId });
  });

  test('a creation is logged with the CSI name', async () => {
    const { end } = await logged('CreateVolume', { name: 'pvc-1' }, async () => 'done');
    expect(end?.fields).toMatchObject({ volumeName: 'pvc-1' });
  });

  test('a name that no schema would allow does not fill the log', async () => {
    const { end } = await logged('CreateVolume', { name: 'x'.repeat(1 << 20) }, async () => 'done');
    expect(end?.fields['volumeName']).toHaveLength(128);
  });

  test('the redacted request is logged at level debug', async () => {
    const { logger } = await logged(
      'CreateVolume',
      { name: 'pvc-1', secrets: { k: 'hunter2' } },
      async () => 1,
    );
    const [start] = logger.with('call started');
    expect(start?.level).toBe('debug');
    expect(JSON.stringify(start)).toContain('"request":{"name":"pvc-1","secrets":"[redacted]"}');
  });

  test.each(['Probe', 'GetPluginCapabilities', 'ControllerGetCapabilities', 'NodeGetCapabilities'])(
    '%s is at level debug while it succeeds',
    async (name) => {
      expect((await logged(name, {}, async () => 1)).end?.level).toBe('debug');
      expect((await logged(name, {}, failWith(new Error('x')))).end?.level).toBe('error');
    },
  );

  test.each([
    [status.INVALID_ARGUMENT, 'info'],
    [status.NOT_FOUND, 'info'],
    [status.ABORTED, 'info'],
    [status.UNIMPLEMENTED, 'info'],
    [status.UNAVAILABLE, 'warn'],
    [status.DEADLINE_EXCEEDED, 'warn'],
    [status.RESOURCE_EXHAUSTED, 'warn'],
    [status.PERMISSION_DENIED, 'warn'],
    [status.INTERNAL, 'error'],
  ] as const)('code %p is at level %s', async (code, level) => {
    const { end } = await logged('CreateVolume', {}, failWith(new CsiError(code, 'why')));
    expect(end).toMatchObject({
      level,
      message: 'call failed',
      fields: { code: status[code], error: 'why' },
    });
  });

  test('an unknown failure is logged with its cause, which the caller is not told', async () => {
    const cause = new TypeError('undefined is not a function');
    const { end, outcome } = await logged('CreateVolume', {}, failWith(CsiError.from(cause)));
    expect(end?.fields['cause']).toBe(cause);
    expect(String(outcome)).not.toContain('undefined is not');
  });

  test("a user's fault is logged without a stack", async () => {
    const error = CsiError.from(new BackendError('not-found', 'volume a/b does not exist'));
    const { end } = await logged('ControllerGetVolume', {}, failWith(error));
    expect(end?.fields).not.toHaveProperty('cause');
  });

  test('the values of the secrets are in no line, whoever logs them', async () => {
    const request = { volumeId: 'a/b', secrets: { passphrase: 'hunter2' } };
    const { logger } = await logged('NodeStageVolume', request, async (_, call) => {
      call.logger.warn({ argv: ['luksOpen', 'hunter2'] }, 'trying hunter2');
      throw new CsiError(status.INTERNAL, 'x', { cause: new Error('cryptsetup: hunter2 does not fit') });
    });
    expect(logger.lines).toHaveLength(3);
    expect(logger.text()).not.toContain('hunter2');
    expect(logger.text()).toContain('does not fit');
  });
});
