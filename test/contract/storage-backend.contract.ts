import { describe, test } from 'bun:test';
import { type BackendFactory, Bench, type Check } from './bench.ts';
import { callsContract } from './calls.contract.ts';
import { capacityContract } from './capacity.contract.ts';
import { clonesContract } from './clones.contract.ts';
import { concurrencyContract } from './concurrency.contract.ts';
import { encryptionContract } from './encryption.contract.ts';
import { foreignIdsContract } from './foreign-ids.contract.ts';
import { groupSnapshotsContract } from './group-snapshots.contract.ts';
import { listsContract } from './lists.contract.ts';
import { modificationContract } from './modification.contract.ts';
import { publicationsContract } from './publications.contract.ts';
import { remainsContract } from './remains.contract.ts';
import { snapshotsContract } from './snapshots.contract.ts';
import { volumesContract } from './volumes.contract.ts';

export interface ContractOptions {
  /** ms for one test; more for backends with latency. */
  readonly timeoutMs?: number;
}

/** Registers tests of which each has a backend of its own. */
export function checkOver(factory: BackendFactory, { timeoutMs = 20_000 }: ContractOptions = {}): Check {
  return (title, body) => {
    test(
      title,
      async () => {
        const fixture = await factory();
        try {
          await body(new Bench(fixture));
        } finally {
          await fixture.dispose();
        }
      },
      timeoutMs,
    );
  };
}

/**
 * What every `StorageBackend` does: the definition of the port, sentence by sentence. Where a pool lacks a
 * capability, the tests expect `unsupported`.
 */
export function describeStorageBackend(
  name: string,
  factory: BackendFactory,
  options: ContractOptions = {},
): void {
  const check = checkOver(factory, options);
  describe(`StorageBackend: ${name}`, () => {
    describe('volumes', () => volumesContract(check));
    describe('modification', () => modificationContract(check));
    describe('capacity', () => capacityContract(check));
    describe('publications', () => publicationsContract(check));
    describe('lists', () => listsContract(check));
    describe('snapshots', () => snapshotsContract(check));
    describe('group snapshots', () => groupSnapshotsContract(check));
    describe('clones', () => clonesContract(check));
    describe('encryption', () => encryptionContract(check));
    describe('remains', () => remainsContract(check));
    describe('foreign ids', () => foreignIdsContract(check));
    describe('calls', () => callsContract(check));
    describe('concurrency', () => concurrencyContract(check));
  });
}
