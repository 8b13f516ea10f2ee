import { describe, expect, test } from 'bun:test';
import { detachedContext } from '../call-context.ts';
import { PluginCapability_Service_Type as Service } from '../csi/generated/csi.ts';
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

  test('advertises a controller and a group controller only where there is one', async () => {
    const advertised = async (controller: boolean) => {
      const answer = await identity(() => ({ ready: true }), controller).getPluginCapabilities?.({}, context);
      return answer?.capabilities.map(({ type }) => type) ?? [];
    };
    const service = (type: Service) => ({ $case: 'service' as const, service: { type } });
    const [everything, onNodes] = [await advertised(true), await advertised(false)];
    for (const type of [Service.CONTROLLER_SERVICE, Service.GROUP_CONTROLLER_SERVICE]) {
      expect(everything).toContainEqual(service(type));
      expect(onNodes).not.toContainEqual(service(type));
    }
    expect(onNodes).toContainEqual(service(Service.SNAPSHOT_ACCESSIBILITY_CONSTRAINTS));
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
