import { nextRevision } from '../records/volume-record.ts';

/** A revision for a record whose history is not known. Drawn, so that a late script's condition does not meet it. */
export const randomRevision = (random: (bytes: number) => Uint8Array): number =>
  nextRevision({ revision: Buffer.from(random(4)).readUInt32BE(0) });
