import { folderStores, memoryStores, mockFixture } from './mock-fixtures.ts';
import { restartingBackend } from './restarting-backend.ts';
import { describeStorageBackend } from './storage-backend.contract.ts';

describeStorageBackend('mock in memory', () => mockFixture(memoryStores()));

describeStorageBackend('mock without snapshots and clones', () =>
  mockFixture(memoryStores(), {
    pools: [
      {
        name: 'only',
        capacityBytes: 64n * 1024n * 1024n,
        capabilities: { snapshots: false, clones: 'none', compression: false },
      },
    ],
  }),
);

describeStorageBackend('mock in a data folder', async () => {
  const { reopen, cutDeletions, remove } = await folderStores();
  return { ...(await mockFixture(reopen, {}, remove)), cutDeletions };
});

describeStorageBackend(
  'mock with latency, restarted between all steps',
  async () => {
    const { reopen, remove } = await folderStores();
    const fixture = await mockFixture(reopen, { latencyMs: () => Math.random() * 2 }, remove);
    const backend = restartingBackend(fixture.backend, fixture.restart);
    return { ...fixture, backend, restart: async () => backend };
  },
  { timeoutMs: 60_000 },
);
