import { expect } from 'bun:test';
import type { ContentSource } from '../../src/core/storage/volume.ts';
import { type Bench, type Check, claim, expectKind } from './bench.ts';
import { snap, withSnapshots } from './snapshots.contract.ts';

const encrypted = { encrypted: true } as const;

export function encryptionContract(check: Check): void {
  check('a volume says for its life whether it is encrypted, and its name is no other’s', async (bench) => {
    const volume = await bench.create('secret', encrypted);
    expect(volume.encrypted).toBe(true);
    await bench.restart();
    expect(await bench.read(volume)).toEqual(volume);
    await expectKind('conflict', bench.create('secret'), 'encryption');
    const plain = await bench.create('plain');
    expect(plain).not.toHaveProperty('encrypted');
    await expectKind('conflict', bench.create('plain', encrypted), 'encryption');
  });

  check('a snapshot is encrypted as its source was, and so is what is restored from it', (bench) =>
    withSnapshots(bench, async () => {
      const volume = await bench.create('source', encrypted);
      const snapshot = await snap(bench, 'taken', volume);
      expect(snapshot.encrypted).toBe(true);
      await bench.backend.deleteVolume(volume.id, bench.context);
      const source = { kind: 'snapshot', id: snapshot.id } as const;
      const restored = await copy(bench, 'restored', source, encrypted);
      expect(restored).toMatchObject({ encrypted: true, mayFormat: false });
      await expectKind('unsupported', copy(bench, 'opened', source), 'is encrypted');
    }),
  );

  check('what is not encrypted is not restored into what is', (bench) =>
    withSnapshots(bench, async () => {
      const snapshot = await snap(bench, 'plain', await bench.create('plain'));
      const source = { kind: 'snapshot', id: snapshot.id } as const;
      await expectKind('unsupported', copy(bench, 'closed', source, encrypted), 'is not encrypted');
    }),
  );

  check('a second node is never the one that formats', async (bench) => {
    const volume = await bench.create('shared');
    const publish = (node: string) =>
      bench.backend.publishVolume(
        volume.id,
        claim(node, { sharing: 'multi', readonly: false }),
        bench.context,
      );
    expect((await publish('node-a')).mayFormat).toBe(true);
    expect((await publish('node-b')).mayFormat).toBe(false);
    expect((await publish('node-a')).mayFormat).toBe(true);
  });
}

const copy = (bench: Bench, name: string, contentSource: ContentSource, spec: { encrypted?: true } = {}) =>
  bench.create(name, { contentSource, ...spec });
