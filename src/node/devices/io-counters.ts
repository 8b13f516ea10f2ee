import { join } from 'node:path';
import { NodeError } from '../node-error.ts';
import { readAttribute } from './sysfs.ts';

/** What a block device has done since it is there. */
export interface IoCounters {
  readonly reads: number;
  readonly readBytes: number;
  /** Of all reads together, from submission to completion. */
  readonly readSeconds: number;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly writeSeconds: number;
  /** Submitted and not yet completed. */
  readonly inFlight: number;
  /** With anything in flight. */
  readonly busySeconds: number;
}

export const NO_IO: IoCounters = {
  ...{ reads: 0, readBytes: 0, readSeconds: 0, writes: 0, writtenBytes: 0, writeSeconds: 0 },
  ...{ inFlight: 0, busySeconds: 0 },
};

const SECTOR_BYTES = 512;
const MS = 1000;

/**
 * @param folder of the device in sysfs
 * @returns undefined where the device is gone
 * @throws NodeError `protocol`, `unavailable`
 */
export async function readIoCounters(folder: string): Promise<IoCounters | undefined> {
  const text = await readAttribute(join(folder, 'stat'));
  return text === undefined ? undefined : parseStat(text);
}

/**
 * Reads a `stat` attribute (Documentation/block/stat.rst); kernels append fields.
 * @throws NodeError `protocol`
 */
export function parseStat(text: string): IoCounters {
  const words = text.trim().split(/\s+/);
  const fields = words.map(Number);
  if (fields.length < 11 || !words.every((word) => /^\d+$/.test(word))) {
    throw new NodeError('protocol', `sysfs says of a device's I/O: ${JSON.stringify(text.slice(0, 200))}`);
  }
  const [
    reads = 0,
    ,
    read = 0,
    readMs = 0,
    writes = 0,
    ,
    written = 0,
    writeMs = 0,
    inFlight = 0,
    busyMs = 0,
  ] = fields;
  return {
    reads,
    readBytes: read * SECTOR_BYTES,
    readSeconds: readMs / MS,
    writes,
    writtenBytes: written * SECTOR_BYTES,
    writeSeconds: writeMs / MS,
    inFlight,
    busySeconds: busyMs / MS,
  };
}

export const addIo = (one: IoCounters, other: IoCounters): IoCounters => ({
  reads: one.reads + other.reads,
  readBytes: one.readBytes + other.readBytes,
  readSeconds: one.readSeconds + other.readSeconds,
  writes: one.writes + other.writes,
  writtenBytes: one.writtenBytes + other.writtenBytes,
  writeSeconds: one.writeSeconds + other.writeSeconds,
  inFlight: one.inFlight + other.inFlight,
  busySeconds: one.busySeconds + other.busySeconds,
});
