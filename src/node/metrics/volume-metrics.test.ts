import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { RecordingLogger } from '../../../test/support/recording-logger.ts';
import { until } from '../../../test/support/until.ts';
import { volumeId } from '../../core/storage/volume-id.ts';
import { NO_IO } from '../devices/io-counters.ts';
import { NodeError } from '../node-error.ts';
import type { DeviceObservation } from '../transports/transport.ts';
import { observeAll } from './observe-all.ts';
import { VolumeMetrics } from './volume-metrics.ts';

const id = volumeId('rds', 'csi-a');
const io = { ...NO_IO, reads: 3, readBytes: 1536, readSeconds: 0.25, inFlight: 2 };

async function scrape(look: () => Promise<readonly DeviceObservation[]>): Promise<string[]> {
  const registry = new Registry();
  new VolumeMetrics(registry, look, new ManualClock());
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('a scrape asks the kernel once, and tells each volume under its id', async () => {
  let looks = 0;
  const lines = await scrape(async () => {
    looks += 1;
    return [{ volumeId: id, io, connections: ['live', 'connecting'], reconnects: 4 }];
  });
  expect(looks).toBe(1);
  expect(lines).toContain('rose_csi_volume_reads_total{volume="rds/csi-a"} 3');
  expect(lines).toContain('rose_csi_volume_read_seconds_total{volume="rds/csi-a"} 0.25');
  expect(lines).toContain('rose_csi_volume_io_in_flight{volume="rds/csi-a"} 2');
  expect(lines).toContain('rose_csi_volume_connections{volume="rds/csi-a",state="connecting"} 1');
  expect(lines).toContain('rose_csi_volume_reconnects_total{volume="rds/csi-a"} 4');
});

test('two devices of a volume are added up, and a lost one shows no connection that is live', async () => {
  const one = { volumeId: id, io, connections: ['connecting'] };
  const lines = await scrape(async () => [one, one]);
  expect(lines).toContain('rose_csi_volume_reads_total{volume="rds/csi-a"} 6');
  expect(lines).toContain('rose_csi_volume_connections{volume="rds/csi-a",state="live"} 0');
  expect(lines).toContain('rose_csi_volume_connections{volume="rds/csi-a",state="connecting"} 2');
  expect(lines.filter((line) => line.includes('reconnects'))).toEqual([]);
});

test('a volume that left takes its series with it', async () => {
  const registry = new Registry();
  let there: DeviceObservation[] = [{ volumeId: id, io, connections: ['live'] }];
  new VolumeMetrics(registry, async () => there, new ManualClock());
  expect(await registry.metrics()).toContain('rds/csi-a');
  there = [];
  expect(await registry.metrics()).not.toContain('rds/csi-a');
});

test('a kernel that does not answer leaves the volumes out, and is asked no second time meanwhile', async () => {
  const registry = new Registry();
  const clock = new ManualClock();
  let looks = 0;
  const never = () => {
    looks += 1;
    return new Promise<never>(() => undefined);
  };
  new VolumeMetrics(registry, never, clock);
  for (let scrapes = 0; scrapes < 2; scrapes++) {
    const scraped = registry.metrics();
    await until('the scrape', () => clock.sleeping > 0);
    clock.advance(5_000);
    expect(await scraped).not.toContain('rds/csi-a');
  }
  expect(looks).toBe(1);
});

test('a transport that cannot say costs nothing but its own volumes', async () => {
  const logger = new RecordingLogger();
  const seen = { volumeId: id, io, connections: [] };
  const failing = {
    name: 'loop',
    observe: () => Promise.reject(new NodeError('unavailable', 'no sysfs')),
  } as const;
  expect(await observeAll([failing, { name: 'nvme-tcp', observe: async () => [seen] }], logger)).toEqual([
    seen,
  ]);
  expect(JSON.stringify(logger.lines)).toContain('could not be measured');
});
