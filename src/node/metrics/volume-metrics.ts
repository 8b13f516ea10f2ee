import type { Clock } from '../../core/clock.ts';
import { Counter, Gauge, type Registry } from '../../core/observe/prom-client.ts';
import type { VolumeId } from '../../core/storage/volume-id.ts';
import { addIo, type IoCounters, NO_IO } from '../devices/io-counters.ts';
import type { DeviceObservation } from '../transports/transport.ts';

/** How long a scrape waits for the kernel. */
const LIMIT_MS = 5_000;

/** All devices of the node's volumes as they are now. */
export type ObserveDevices = () => Promise<readonly DeviceObservation[]>;

interface VolumeReading {
  readonly io: IoCounters;
  readonly reconnects: number | undefined;
  readonly connections: ReadonlyMap<string, number>;
}

type Readings = ReadonlyMap<VolumeId, VolumeReading>;

const COUNTERS: readonly (readonly [name: string, field: keyof IoCounters, help: string])[] = [
  ['reads_total', 'reads', 'Reads that the volume’s device completed.'],
  ['read_bytes_total', 'readBytes', 'Bytes read from the volume’s device.'],
  [
    'read_seconds_total',
    'readSeconds',
    'Time that the device’s reads took, all added up; by reads: the mean latency.',
  ],
  ['writes_total', 'writes', 'Writes that the volume’s device completed.'],
  ['written_bytes_total', 'writtenBytes', 'Bytes written to the volume’s device.'],
  [
    'write_seconds_total',
    'writeSeconds',
    'Time that the device’s writes took, all added up; by writes: the mean latency.',
  ],
  ['busy_seconds_total', 'busySeconds', 'Time during which the volume’s device had anything in flight.'],
];

/**
 * What the kernel says of the volumes that are attached to this node, read at each scrape, once for all metrics. A
 * volume that leaves takes its series with it, so there are as many as the node may have volumes.
 */
export class VolumeMetrics {
  readonly #observe: ObserveDevices;
  readonly #clock: Clock;
  #reading: Promise<Readings> | undefined;

  constructor(registry: Registry, observe: ObserveDevices, clock: Clock) {
    this.#observe = observe;
    this.#clock = clock;
    for (const [name, field, help] of COUNTERS) this.#counter(registry, name, help, ({ io }) => io[field]);
    this.#counter(
      registry,
      'reconnects_total',
      'Lost connections of the volume that came back, since the driver’s first scrape; absent where the kernel’s log cannot be read.',
      ({ reconnects }) => reconnects,
    );
    this.#gauges(registry);
  }

  #counter(
    registry: Registry,
    name: string,
    help: string,
    read: (of: VolumeReading) => number | undefined,
  ): void {
    const readings = () => this.#readings();
    new Counter({
      name: `rose_csi_volume_${name}`,
      help,
      labelNames: ['volume'],
      registers: [registry],
      async collect() {
        const now = await readings();
        this.reset();
        for (const [volume, reading] of now) {
          const value = read(reading);
          if (value !== undefined) this.inc({ volume }, value);
        }
      },
    });
  }

  #gauges(registry: Registry): void {
    const readings = () => this.#readings();
    new Gauge({
      name: 'rose_csi_volume_io_in_flight',
      help: 'Reads and writes that the volume’s device has not answered yet.',
      labelNames: ['volume'],
      registers: [registry],
      async collect() {
        const now = await readings();
        this.reset();
        for (const [volume, { io }] of now) this.set({ volume }, io.inFlight);
      },
    });
    new Gauge({
      name: 'rose_csi_volume_connections',
      help: 'Connections of the volume by the state that the kernel gives: live, connecting and others.',
      labelNames: ['volume', 'state'],
      registers: [registry],
      async collect() {
        const now = await readings();
        this.reset();
        for (const [volume, { connections }] of now) {
          for (const [state, count] of connections) this.set({ volume, state }, count);
        }
      },
    });
  }

  /**
   * A scrape asks all metrics at a time: the kernel is asked once. One that does not answer leaves the volumes out, and
   * is not asked again before it does.
   */
  async #readings(): Promise<Readings> {
    this.#reading ??= this.#observe()
      .then(byVolume)
      .finally(() => {
        this.#reading = undefined;
      });
    const timer = new AbortController();
    const late = this.#clock.sleep(LIMIT_MS, timer.signal).then(
      (): Readings => new Map(),
      (): Readings => new Map(),
    );
    try {
      return await Promise.race([this.#reading, late]);
    } finally {
      timer.abort(new Error('no longer awaited'));
    }
  }
}

/** A volume that is there in two epochs, or over several paths, is one. */
function byVolume(observations: readonly DeviceObservation[]): Readings {
  const readings = new Map<VolumeId, VolumeReading>();
  for (const { volumeId, io, connections, reconnects } of observations) {
    const before = readings.get(volumeId);
    const states = new Map(before?.connections ?? [['live', 0]]);
    for (const state of connections) states.set(state, (states.get(state) ?? 0) + 1);
    const known = [before?.reconnects, reconnects].filter((count) => count !== undefined);
    readings.set(volumeId, {
      io: addIo(before?.io ?? NO_IO, io),
      reconnects: known.length === 0 ? undefined : known.reduce((sum, count) => sum + count, 0),
      connections: states,
    });
  }
  return readings;
}
