import { describe, expect, test } from 'bun:test';
import { detachedContext } from '../call-context.ts';
import { type LogFields, type Logger, silentLogger } from '../observe/logger.ts';
import { identityHandlers, type Readiness } from './identity.ts';

const context = detachedContext(new AbortController().signal);

function identity(readiness: () => Readiness, controller = true, logger: Logger = silentLogger) {
  return identityHandlers({ driverName: 'rose-csi.io', version: '1.2.3', controller, readiness, logger });
}

describe('the identity service', () => {
  test('names the driver and its version', async () => {
    const info = await identity(() => ({ ready: true })).getPluginInfo?.({}, context);
    expect(info).toEqual({ name: 'rose-csi.io', vendorVersion: '1.2.3', manifest: {} });
  });

  test('advertises a controller only where there is one', async () => {
    const count = async (controller: boolean) => {
      const answer = await identity(() => ({ ready: true }), controller).getPluginCapabilities?.({}, context);
      return answer?.capabilities.length ?? 0;
    };
    expect(await count(true)).toBe((await count(false)) + 1);
  });

  test('answers Probe from what is known, and logs the reason once', async () => {
    const lines: [string, LogFields][] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (fields, message) => lines.push([message, fields]),
      info: (fields, message) => lines.push([message, fields]),
    };
    let state: Readiness = { ready: false, reason: 'the appliance is away' };
    const { probe } = identity(() => state, true, logger);
    expect(await probe?.({}, context)).toEqual({ ready: false });
    expect(await probe?.({}, context)).toEqual({ ready: false });
    state = { ready: true };
    expect(await probe?.({}, context)).toEqual({ ready: true });
    expect(lines).toEqual([
      ['not ready', { reason: 'the appliance is away' }],
      ['ready', {}],
    ]);
  });
});
