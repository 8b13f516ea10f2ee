import { expect } from 'bun:test';
import type { ConnectionChange } from '../../src/core/storage/connection-options.ts';
import type { ContentSource, Volume, VolumeChange } from '../../src/core/storage/volume.ts';
import { type Bench, type Check, claim, expectKind, MULTI_WRITER, persistently } from './bench.ts';
import { snap, withSnapshots } from './snapshots.contract.ts';

const modify = (bench: Bench, { id }: Volume, change: VolumeChange): Promise<Volume> =>
  bench.backend.modifyVolume(id, change, bench.context);

export function modificationContract(check: Check): void {
  check('a modification changes what it names and nothing else', async (bench) => {
    for (const { name, capabilities } of await bench.backend.pools(bench.context)) {
      const volume = await bench.create(`modified-${name}`, { pool: name });
      expect(await modify(bench, volume, {})).toEqual(volume);
      const compressed = () => modify(bench, volume, { compression: true });
      if (capabilities.compression) {
        expect(await compressed()).toEqual({ ...volume, compression: true });
        expect(await compressed()).toEqual({ ...volume, compression: true });
      } else {
        await expectKind('unsupported', compressed(), name);
      }
      expect((await bench.read(volume)).compression).toBe(capabilities.compression);
    }
  });

  check(
    'a connection is modified option by option, also after a restart, and again to no effect',
    async (bench) => {
      const volume = await bench.create('tuned');
      const steps: readonly (readonly [ConnectionChange, ConnectionChange])[] = [
        [{ ctrlLossTimeout: 1800 }, { ctrlLossTimeout: 1800 }],
        [{ ctrlLossTimeout: 1800 }, { ctrlLossTimeout: 1800 }],
        [
          { queues: 1, fastIoFailTimeout: 30 },
          { ctrlLossTimeout: 1800, queues: 1, fastIoFailTimeout: 30 },
        ],
        [
          { fastIoFailTimeout: 'off', reconnectDelay: 60, keepAliveTimeout: 120 },
          {
            ctrlLossTimeout: 1800,
            queues: 1,
            fastIoFailTimeout: 'off',
            reconnectDelay: 60,
            keepAliveTimeout: 120,
          },
        ],
      ];
      for (const [change, connection] of steps) {
        const modified = { ...volume, connection };
        expect(await modify(bench, volume, { connection: change })).toEqual(modified);
        expect(await modify(bench, volume, {})).toEqual(modified);
        await bench.restart();
        expect(await bench.read(volume)).toEqual(modified);
      }
      expect((await bench.backend.listVolumes({}, bench.context)).items).toEqual([await bench.read(volume)]);
    },
  );

  check('a publication tells how to connect, as it is by then, and keeps its epoch', async (bench) => {
    const volume = await bench.create('published');
    const publish = (node: string) =>
      bench.backend.publishVolume(volume.id, claim(node, MULTI_WRITER), bench.context);
    const first = await publish('node-a');
    expect(first).not.toHaveProperty('connection');
    const connection = { ctrlLossTimeout: 60, queues: 2 };
    await modify(bench, volume, { connection });
    expect(await bench.read(volume)).toMatchObject({ epoch: first.epoch, connection });
    expect(await publish('node-a')).toEqual({ ...first, connection });
    expect(await publish('node-b')).toEqual({ ...first, connection, mayFormat: false });
    await bench.backend.unpublishVolume(volume.id, 'all', {}, bench.context);
    expect(await bench.read(volume)).toEqual({ ...volume, everPublished: true, connection });
    expect((await publish('node-b')).connection).toEqual(connection);
    await bench.backend.unpublishVolume(volume.id, 'all', {}, bench.context);
    await bench.backend.deleteVolume(volume.id, bench.context);
    expect(await bench.backend.getVolume(volume.id, bench.context)).toBeUndefined();
  });

  check('compression and connection change together, or neither does', async (bench) => {
    for (const { name, capabilities } of await bench.backend.pools(bench.context)) {
      const volume = await bench.create(`both-${name}`, { pool: name });
      const change = { compression: true, connection: { queues: 2 } };
      if (capabilities.compression) {
        expect(await modify(bench, volume, change)).toEqual({ ...volume, ...change });
        const back = { compression: false, connection: { queues: 3 } };
        expect(await modify(bench, volume, back)).toEqual({ ...volume, connection: { queues: 3 } });
      } else {
        await expectKind('unsupported', modify(bench, volume, change), name);
        expect(await bench.read(volume)).toEqual(volume);
      }
    }
  });

  check('modifications at once are all made, and lose no publication', async (bench) => {
    const volume = await bench.create('busy');
    const changes: readonly ConnectionChange[] = [
      { ctrlLossTimeout: 60 },
      { reconnectDelay: 2 },
      { keepAliveTimeout: 20 },
      { queues: 2 },
    ];
    const publish = () => bench.backend.publishVolume(volume.id, claim('node-a'), bench.context);
    await Promise.all([
      ...changes.map((connection) => persistently(() => modify(bench, volume, { connection }))),
      persistently(publish),
    ]);
    expect(await bench.read(volume)).toMatchObject({
      publications: [claim('node-a')],
      connection: { ctrlLossTimeout: 60, reconnectDelay: 2, keepAliveTimeout: 20, queues: 2 },
    });
  });

  check(
    'a create may name how to connect; the same again gives the volume, another a conflict',
    async (bench) => {
      const connection = { ctrlLossTimeout: 60, fastIoFailTimeout: 'off' } as const;
      const volume = await bench.create('made', { connection });
      expect(volume.connection).toEqual(connection);
      expect(await bench.create('made', { connection })).toEqual(volume);
      await expectKind(
        'conflict',
        bench.create('made', { connection: { ctrlLossTimeout: 61 } }),
        'ctrlLossTimeout',
      );
      await expectKind('conflict', bench.create('made', { connection: { queues: 1 } }), 'queues');
      const modified = await modify(bench, volume, { connection: { queues: 1 } });
      // One that names nothing is the volume's own create still.
      expect(await bench.create('made')).toEqual(modified);
      expect((await bench.create('plain', { connection: {} })).connection).toBeUndefined();
    },
  );

  check('a copy connects as it is told itself, not as its source', async (bench) =>
    withSnapshots(bench, async () => {
      const volume = await bench.create('source', { connection: { queues: 2 } });
      const { id } = await snap(bench, 'taken', volume);
      const sources: readonly ContentSource[] = [
        { kind: 'snapshot', id },
        { kind: 'volume', id: volume.id },
      ];
      for (const contentSource of sources) {
        const { kind } = contentSource;
        expect(await bench.create(`${kind}-plain`, { contentSource })).not.toHaveProperty('connection');
        const connection = { reconnectDelay: 7 };
        expect((await bench.create(`${kind}-own`, { contentSource, connection })).connection).toEqual(
          connection,
        );
      }
    }),
  );
}
