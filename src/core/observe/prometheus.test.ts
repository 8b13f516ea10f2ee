import { describe, expect, test } from 'bun:test';
import { tmpdir } from 'node:os';
import { register } from 'prom-client';
import { SystemClock } from '../clock.ts';
import { noMetrics } from './metrics.ts';
import { OwnProcess, type ProcessReadings } from './process-readings.ts';
import { type BackendReading, PrometheusMetrics } from './prometheus.ts';

const readings: ProcessReadings = {
  residentBytes: () => 1024,
  cpuSeconds: () => 2.5,
  startedAtSeconds: () => 1_700_000_000,
  openFds: async () => 12,
};

const made = (backends?: () => BackendReading[]) =>
  new PrometheusMetrics({
    version: '1.2.3',
    mode: 'controller',
    process: readings,
    ...(backends ? { backends } : {}),
  });

async function sample(metrics: PrometheusMetrics, start: string): Promise<string | undefined> {
  const line = (await metrics.text()).split('\n').find((text) => text.startsWith(start));
  return line?.slice(start.length).trim();
}

describe('PrometheusMetrics', () => {
  test('counts calls in flight by method', async () => {
    const metrics = made();
    metrics.started('CreateVolume');
    metrics.started('CreateVolume');
    metrics.handled('CreateVolume', 'OK', 0.2);
    expect(await sample(metrics, 'rose_csi_rpc_in_flight{method="CreateVolume"}')).toBe('1');
  });

  test('times calls by method and code in buckets from 1 ms to 120 s', async () => {
    const metrics = made();
    metrics.handled('CreateVolume', 'NOT_FOUND', 0.2);
    const bucket = 'rose_csi_rpc_duration_seconds_bucket';
    expect(await sample(metrics, `${bucket}{le="0.1",method="CreateVolume",code="NOT_FOUND"}`)).toBe('0');
    expect(await sample(metrics, `${bucket}{le="0.25",method="CreateVolume",code="NOT_FOUND"}`)).toBe('1');
    expect(await sample(metrics, `${bucket}{le="0.001",`)).toBeDefined();
    expect(await sample(metrics, `${bucket}{le="120",`)).toBeDefined();
  });

  test('says what runs, and the process readings', async () => {
    const metrics = made();
    expect(await sample(metrics, 'rose_csi_build_info{version="1.2.3",mode="controller"}')).toBe('1');
    expect(await sample(metrics, 'process_resident_memory_bytes ')).toBe('1024');
    expect(await sample(metrics, 'process_start_time_seconds ')).toBe('1700000000');
    expect(await sample(metrics, 'process_open_fds ')).toBe('12');
    await metrics.text();
    expect(await sample(metrics, 'process_cpu_seconds_total ')).toBe('2.5');
  });

  test('reads the backends at each scrape', async () => {
    let backends: BackendReading[] = [{ appliance: 'rds1', connected: false }];
    const metrics = made(() => backends);
    expect(await sample(metrics, 'rose_csi_backend_connected{appliance="rds1"}')).toBe('0');
    expect(await sample(metrics, 'rose_csi_volumes{')).toBeUndefined();
    backends = [{ appliance: 'rds2', connected: true, volumes: 7 }];
    expect(await sample(metrics, 'rose_csi_backend_connected{appliance="rds1"}')).toBeUndefined();
    expect(await sample(metrics, 'rose_csi_backend_connected{appliance="rds2"}')).toBe('1');
    expect(await sample(metrics, 'rose_csi_volumes{appliance="rds2"}')).toBe('7');
  });

  test('a node plugin has no metrics of a backend', async () => {
    expect(await made().text()).not.toContain('rose_csi_backend_connected');
  });

  test('has a registry of its own: two may live in one process', () => {
    made();
    made();
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test('has the content type of the text format', () => {
    expect(made().contentType).toStartWith('text/plain; version=0.0.4');
  });
});

describe('OwnProcess', () => {
  const own = new OwnProcess(new SystemClock(), '/proc');

  test('reads this process', async () => {
    expect(own.residentBytes()).toBeGreaterThan(1_000_000);
    expect(own.cpuSeconds()).toBeGreaterThan(0);
    expect(own.startedAtSeconds()).toBeWithin(1_600_000_000, Date.now() / 1000);
    expect(await own.openFds()).toBeGreaterThan(2);
  });

  test('an unreadable proc is an error, not a zero', () => {
    expect(new OwnProcess(new SystemClock(), `${tmpdir()}/no-such-proc`).openFds()).rejects.toThrow('ENOENT');
  });
});

test('noMetrics takes everything and keeps nothing', () => {
  expect(noMetrics.started('Probe')).toBeUndefined();
  expect(noMetrics.handled('Probe', 'OK', 1)).toBeUndefined();
});
