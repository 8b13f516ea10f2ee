import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { run } from '../../src/commands/run.ts';
import { type NodeId, parseHandle } from '../../src/core/storage/volume-id.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';
import { ApplianceRig } from './appliance-rig.ts';

const slotOf = (id: string) => parseHandle(id)?.slot ?? '';
const VOLUMES = '/api/v1/persistentvolumes';

describe('rose-csi orphans', () => {
  let rig: ApplianceRig;
  let api: FakeApiServer;
  beforeAll(async () => {
    rig = await ApplianceRig.start();
    await rig.connectDriver();
    api = await FakeApiServer.start();
    const kubeconfig = `${rig.environment['RDS_PRIVATE_KEY_FILE']}.kubeconfig`;
    await Bun.write(kubeconfig, api.kubeconfig());
    rig.environment['KUBECONFIG'] = kubeconfig;
  });
  afterAll(async () => {
    await api?.down();
    await rig?.stop();
  });

  const exists = async (id: string) =>
    (await rig.backend.getVolume(id as never, rig.context())) !== undefined;

  /** A node had it once. */
  async function used(name: string) {
    const { id } = await rig.create(name);
    const claim = { node: 'node-a' as NodeId, sharing: 'single', readonly: false } as const;
    await rig.backend.publishVolume(id, claim, rig.context());
    return id;
  }

  test('volumes are those of the cluster that the API server is of, where CLUSTER_ID is not set', async () => {
    const { CLUSTER_ID, ...environment } = rig.environment;
    const uid = `uid-${CLUSTER_ID}`;
    api.store.put('/api/v1/namespaces', { metadata: { name: 'kube-system', uid } });
    await rig.console('/disk/add type=file slot=given file-path=/pool1/given.img file-size=67108864');
    const out: string[] = [];
    const code = await run(['volumes', 'import', 'given', '--confirm', 'given', '-o', 'json'], {
      environment: { ...environment, KUBERNETES: 'on' },
      out: (text) => out.push(text),
      err: (text) => out.push(text),
      stop: new AbortController().signal,
    });
    expect([code, out.join('')]).toEqual([0, expect.stringContaining('"written": true')]);
    expect(rig.fileText(`pool1/csi/${uid}/imported/given.rec`)).toContain(`"cluster":"${uid}"`);
  });

  test('list shows what no PersistentVolume knows, whatever the driver that knows it, and what is kept', async () => {
    const known = await rig.create('list-known');
    const lost = await rig.create('list-lost');
    const kept = await used('list-kept');
    await rig.backend.unpublishVolume(kept, 'all', {}, rig.context());
    const csi = { driver: 'another.example', volumeHandle: known.id };
    api.store.put(VOLUMES, { metadata: { name: 'pv-known' }, spec: { csi } });
    const said = await rig.say('orphans', 'list');
    expect(said.code).toBe(0);
    expect(said.err).toBe(`3 volumes of cluster test-cluster; asked: ${api.url}\n`);
    expect(said.out).toMatch(/^ID +NAME +SIZE +POOL +KEPT\n/);
    expect(said.out).toMatch(/list-lost +64 MiB +pool1 +-\n/);
    expect(said.out).toMatch(/list-kept +64 MiB +pool1 +a node had it, so it may hold data\n/);
    expect(said.out).not.toContain('list-known');
    const json: { id: string; keep: string | null }[] = JSON.parse(
      (await rig.say('orphans', 'list', '-o', 'json')).out,
    );
    expect(new Map(json.map(({ id, keep }) => [id, keep]))).toEqual(
      new Map([
        [lost.id as string, null],
        [kept, 'a node had it, so it may hold data'],
      ]),
    );
    for (const id of [known.id, lost.id, kept]) await rig.backend.deleteVolume(id, rig.context());
  });

  test('delete only says what it would do, until --confirm; then an event tells what was deleted', async () => {
    const { id } = await rig.create('delete-me');
    const dry = await rig.say('orphans', 'delete', id);
    expect(dry.code).toBe(1);
    expect(dry.out).toContain('(delete-me, 67108864 bytes in pool pool1)\nnothing was done');
    expect(await exists(id)).toBe(true);
    const done = await rig.say('orphans', 'delete', '--confirm', id, '-o', 'json');
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({ id, deleted: true, volume: { name: 'delete-me' } });
    expect(await exists(id)).toBe(false);
    const events = api.store.list('/api/v1/events') as { reason?: unknown; message?: unknown }[];
    expect(events).toMatchObject([{ reason: 'OrphanDeleted' }]);
    expect(String(events[0]?.message)).toContain('delete-me');
  });

  test('delete refuses what the sweeper refuses', async () => {
    const refused = async (id: string, why: string) => {
      const { code, out } = await rig.say('orphans', 'delete', id, '--confirm');
      expect(out).toStartWith('refused: ');
      expect(out).toContain(why);
      expect(code).toBe(1);
    };
    const published = await used('refuse-used');
    await refused(published, 'it is published to node-a');
    await rig.backend.unpublishVolume(published, 'all', {}, rig.context());
    await refused(published, 'a node had it, so it may hold data');
    const waited = await rig.create('pvc-0123-4567');
    api.store.put('/api/v1/persistentvolumeclaims', {
      metadata: { name: 'waits', namespace: 'default', uid: '0123-4567' },
      spec: {},
    });
    await refused(waited.id, 'a claim that waits for it');
    expect(await exists(waited.id)).toBe(true);
    await rig.backend.deleteVolume(waited.id, rig.context());
    await rig.backend.deleteVolume(published, rig.context());
    await refused(waited.id, 'does not exist');
  });

  test('what a cut deletion left is listed and goes; what lost its disk item is listed and stays', async () => {
    const [cut, lost] = [await rig.create('cut'), await rig.create('lost')];
    for (const { id } of [cut, lost]) await rig.console(`/disk/remove [find slot="${slotOf(id)}"]`);
    const place = (id: string) => `pool1/csi/test-cluster/${slotOf(id)}/volume`;
    await rig.console(`/file/set [find name="${place(cut.id)}.rec"] contents="deleted ${slotOf(cut.id)}"`);
    const { out } = await rig.say('orphans', 'list');
    expect(out).toMatch(/^no orphans\n\nREMAINS OF +NAME +SIZE +HOURS +PATH +KEPT\n/);
    expect(out).toMatch(new RegExp(`${cut.id} +- +64 MiB +0 +/${place(cut.id)}.img +-\n`));
    expect(out).toMatch(
      new RegExp(`${lost.id} +lost +64 MiB +0 +/${place(lost.id)}.img +it has lost its disk`),
    );
    const json: { id: string; state: string; keep: string | null }[] = JSON.parse(
      (await rig.say('orphans', 'list', '-o', 'json')).out,
    );
    expect(json.find(({ id }) => id === cut.id)).toMatchObject({ state: 'deleted', keep: null });

    const refused = await rig.say('orphans', 'delete', lost.id, '--confirm');
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('may hold data')]);
    expect((await rig.say('orphans', 'delete', cut.id)).out).toContain('would delete what is left of volume');
    expect(rig.fileText(`${place(cut.id)}.rec`)).toStartWith('deleted');
    const done = await rig.say('orphans', 'delete', cut.id, '--confirm', '-o', 'json');
    expect(JSON.parse(done.out)).toMatchObject({
      deleted: true,
      remains: [{ id: cut.id, state: 'deleted' }],
    });
    expect(rig.fileText(`${place(cut.id)}.rec`)).toBeUndefined();
    expect(rig.fileText(`${place(lost.id)}.rec`)).toContain('"name":"lost"');
    const events = api.store.list('/api/v1/events') as { message?: string }[];
    expect(events.some(({ message }) => message?.includes(`what is left of volume ${cut.id}`))).toBe(true);

    const csi = { driver: 'another.example', volumeHandle: lost.id };
    api.store.put(VOLUMES, { metadata: { name: 'pv-lost' }, spec: { csi } });
    expect((await rig.say('orphans', 'list')).out).toBe('no orphans\n');
    await rig.backend.deleteVolume(lost.id, rig.context());
  });

  test('nothing is decided while the API server does not answer', async () => {
    const { id } = await rig.create('away');
    await api.down();
    const { code, err } = await rig.say('orphans', 'delete', id, '--confirm');
    expect(code).toBe(1);
    expect(err).not.toBe('');
    expect(await exists(id)).toBe(true);
    api.up();
    await rig.backend.deleteVolume(id, rig.context());
  });

  test('a fault in the command line is told without asking anybody', async () => {
    expect((await rig.say('orphans', 'delete')).code).toBe(2);
    expect((await rig.say('orphans', 'sweep')).err).toContain('no subcommand "sweep"');
    expect((await rig.say('orphans')).code).toBe(2);
    for (const words of [['--help'], ['list', '--help'], ['delete', '--help']]) {
      expect((await rig.say('orphans', ...words)).out).toContain('Usage: rose-csi orphans');
    }
  });
});
