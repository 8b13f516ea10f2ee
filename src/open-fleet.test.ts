import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Registry } from 'prom-client';
import { RecordingLogger } from '../test/support/recording-logger.ts';
import { detachedContext } from './core/call-context.ts';
import { SystemClock } from './core/clock.ts';
import { NqnNaming } from './core/storage/nqn.ts';
import { loadConfig } from './load-config.ts';
import { openFleet } from './open-fleet.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/rose-csi-fleet-`);
});
afterEach(() => rm(folder, { recursive: true }));

function open(file: string, environment: Record<string, string> = {}) {
  const settings = { NODE_NAME: 'n', RDS_CONFIG: '/f', MOCK_DATA_DIR: folder, ...environment };
  const { appliances } = loadConfig(settings, [], () => file);
  return openFleet(appliances, {
    nqns: new NqnNaming('nqn.2026-01.test.rose:fleet'),
    clock: new SystemClock(),
    logger: new RecordingLogger(),
    registry: new Registry(),
  });
}

describe('the fleet', () => {
  test('opens an appliance for each entry, and what one holds is there again', async () => {
    const context = detachedContext(AbortSignal.timeout(5_000));
    const first = await open('appliances: [{name: a}, {name: b}]');
    const { id } = (await first
      .named('b')
      ?.createVolume(
        { name: 'v', requiredBytes: 1n << 20n, provisioning: 'thin', compression: false },
        context,
      )) ?? { id: undefined };
    await first.close();
    const again = await open('appliances: [{name: a}, {name: b}]');
    expect(id && (await again.of(id).getVolume(id, context))?.id).toBe(id);
    expect((await again.named('a')?.listVolumes({}, context))?.items).toEqual([]);
    await again.close();
  });

  test('of which one cannot be opened is not opened, and leaves none open', async () => {
    await Bun.write(`${folder}/b/records/damaged.json`, '{');
    await expect(open('appliances: [{name: a}, {name: b}]')).rejects.toThrow();
    await rm(`${folder}/b`, { recursive: true });
    const fleet = await open('appliances: [{name: a}, {name: b}]');
    expect(fleet.names()).toBe('a, b');
    await fleet.close();
  });

  test('speaks with appliances over SSH, and waits for none', async () => {
    await Bun.write(`${folder}/password`, 'secret');
    const common = { RDS_BACKEND: 'routeros', RDS_USER: 'u', RDS_PASSWORD_FILE: `${folder}/password` };
    const file = `appliances: [{name: a, address: 127.0.0.1, port: 1, hostKey: 'SHA256:${'a'.repeat(43)}'}]`;
    const fleet = await open(file, { ...common, CLUSTER_ID: 'c' });
    expect(fleet.health()).toMatchObject([{ appliance: 'a', connected: false }]);
    await fleet.close();
  });
});
