import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { MiB } from '../../src/core/bytes.ts';
import type { NodeId, VolumeId } from '../../src/core/storage/volume-id.ts';
import { ApplianceRig } from './appliance-rig.ts';

setDefaultTimeout(60_000);

const CLAIM = { node: 'node-a' as NodeId, sharing: 'single', readonly: false } as const;

describe('rose-csi volumes wipe', () => {
  let rig: ApplianceRig;
  beforeAll(async () => {
    rig = await ApplianceRig.withVolumes({ subvolumeSpace: 'at-once' });
  });
  afterAll(() => rig.stop());

  const slotOf = (id: VolumeId): string => id.slice(id.indexOf('/') + 1);
  const imageOf = (id: VolumeId) => {
    const path = rig.simulator.appliance.disk(slotOf(id))?.filePath.slice(1) ?? '';
    return rig.simulator.appliance.tree.find(path);
  };

  test.each(['pool1', 'pool2'])(
    'a volume in %s has another image, and is the same in all else',
    async (pool) => {
      const { id } = await rig.create(`wipe-${pool}`, pool);
      await rig.backend.publishVolume(id, CLAIM, rig.context());
      const busy = await rig.say('volumes', 'wipe', id, '--confirm', id);
      expect([busy.code, busy.err]).toEqual([1, expect.stringContaining('is published to node-a')]);
      await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
      const [before, image] = [await rig.backend.getVolume(id, rig.context()), imageOf(id)];
      const dry = await rig.say('volumes', 'wipe', id);
      expect([dry.code, dry.out]).toEqual([1, expect.stringContaining(`do it with --confirm ${id}`)]);
      expect(imageOf(id)).toBe(image);
      expect(await rig.say('volumes', 'wipe', id, '--confirm', id)).toMatchObject({ code: 0, err: '' });
      expect(imageOf(id)).not.toBe(image);
      expect(await rig.backend.getVolume(id, rig.context())).toEqual(before);
      expect((await rig.say('volumes', 'show', id)).code).toBe(0);
      expect(await rig.backend.publishVolume(id, CLAIM, rig.context())).toMatchObject({ mayFormat: true });
      await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
      await rig.backend.deleteVolume(id, rig.context());
    },
  );

  test('wherever a wipe is cut, the next one finishes it', async () => {
    const { id } = await rig.create('wipe-cut', 'pool1');
    await rig.backend.publishVolume(id, CLAIM, rig.context());
    await rig.backend.unpublishVolume(id, 'all', {}, rig.context());
    const before = await rig.backend.getVolume(id, rig.context());
    for (let step = 0, met = true; met; step += 1) {
      const rule = rig.simulator.faults.add({
        fault: { kind: 'cut', at: step % 2 === 0 ? 'before' : 'after' },
        on: { exec: /wiping/, statement: /^\/(disk|file)\/(add|set|remove)$/ },
        from: 1 + Math.floor(step / 2),
      });
      await rig.say('volumes', 'wipe', id, '--confirm', id);
      rule.remove();
      met = rule.met > 0;
      if (!rig.simulator.appliance.disk(slotOf(id))) {
        const { out } = await rig.say('volumes', 'recover', '-o', 'json');
        expect(JSON.parse(out).recoverable).toEqual([]);
      }
      expect(await rig.say('volumes', 'wipe', id, '--confirm', id)).toMatchObject({ code: 0, err: '' });
      expect(await rig.backend.getVolume(id, rig.context())).toEqual(before);
      expect((await rig.say('volumes', 'show', id)).code).toBe(0);
    }
    await rig.backend.deleteVolume(id, rig.context());
    expect(rig.simulator.appliance.files().filter(({ name }) => name.includes(slotOf(id)))).toEqual([]);
  });

  test('an image that a wipe has made is never taken by another, however its end was cut', async () => {
    let newer = 0;
    for (let step = 0, met = true; met; step += 1) {
      const { id } = await rig.create(`wipe-stale-${step}`, step % 2 === 0 ? 'pool1' : 'pool2');
      const old = imageOf(id);
      const rule = rig.simulator.faults.add({
        fault: { kind: 'cut', at: 'after' },
        on: { exec: /wiping/, statement: /^\/(disk|file)\/(add|set|remove)$/ },
        from: 1 + step,
      });
      await rig.say('volumes', 'wipe', id, '--confirm', id);
      rule.remove();
      met = rule.met > 0;
      const image = imageOf(id);
      if (!met || image === undefined || image === old) continue;
      newer += 1;
      // It is used; much later the appliance's configuration is lost.
      const path = rig.simulator.appliance.disk(slotOf(id))?.filePath.slice(1) ?? '';
      await rig.console(`/disk/remove [find where slot="${slotOf(id)}"]`);
      const again = await rig.say('volumes', 'wipe', id, '--confirm', id);
      expect([again.code, again.err]).toEqual([1, expect.stringContaining('volumes recover')]);
      expect(rig.simulator.appliance.tree.find(path)).toBe(image);
      const { out } = await rig.say('volumes', 'recover', '-o', 'json');
      expect(JSON.parse(out).recoverable).toMatchObject([{ slot: slotOf(id) }]);
      await rig.say('volumes', 'recover', '--confirm', '--adopt');
      expect(imageOf(id)).toBe(image);
      await rig.backend.deleteVolume(id, rig.context());
    }
    expect(newer).toBeGreaterThan(0);
  });

  test('a wipe that goes on where another was cut keeps the volume encrypted, and does not share its port', async () => {
    const spec = {
      requiredBytes: 64n * MiB,
      provisioning: 'thin',
      compression: false,
      pool: 'pool1',
    } as const;
    const { id } = await rig.backend.createVolume(
      { ...spec, name: 'wipe-secret', encrypted: true },
      rig.context(),
    );
    const before = await rig.backend.getVolume(id, rig.context());
    const { nvmePort } = rig.simulator.appliance.disk(slotOf(id)) ?? {};
    const rule = rig.simulator.faults.add({
      fault: { kind: 'cut', at: 'after' },
      on: { exec: /wiping/, statement: /^\/disk\/remove$/ },
    });
    await rig.say('volumes', 'wipe', id, '--confirm', id);
    rule.remove();
    await rig.console(
      `/disk/add type=file slot=taker file-path=/pool2/taker.img file-size=1048576 nvme-tcp-export=yes nvme-tcp-server-port=${nvmePort}`,
    );
    const taken = await rig.say('volumes', 'wipe', id, '--confirm', id);
    expect([taken.code, taken.err]).toEqual([
      1,
      expect.stringContaining(`port ${nvmePort} is another disk's now`),
    ]);
    await rig.console(
      '/disk/remove [find where slot=taker]',
      '/file/remove [find where name="pool2/taker.img"]',
    );
    expect(await rig.say('volumes', 'wipe', id, '--confirm', id)).toMatchObject({ code: 0, err: '' });
    expect(await rig.backend.getVolume(id, rig.context())).toMatchObject({
      encrypted: true,
      mayFormat: true,
    });
    expect(before).toMatchObject({ encrypted: true });
    await rig.backend.deleteVolume(id, rig.context());
  });

  test('data of others is never wiped', async () => {
    const { id: source } = await rig.create('wipe-source');
    const contentSource = { kind: 'volume', id: source } as const;
    const wish = {
      name: 'wipe-clone',
      requiredBytes: 1n << 26n,
      provisioning: 'thin',
      compression: false,
    } as const;
    await rig.console('/disk/add type=file slot=theirs file-path=/pool2/theirs.img file-size=67108864');
    const refusal = async (id: string) => (await rig.say('volumes', 'wipe', id, '--confirm', id)).err;
    expect(await refusal('rds/theirs')).toContain('its record is foreign');
    await rig.say('volumes', 'import', 'theirs', '--confirm', 'theirs');
    expect(await refusal('rds/theirs')).toContain('it was imported');
    await rig.console(
      '/disk/set [find where slot=theirs] comment=""',
      '/disk/remove [find where slot=theirs]',
    );
    const clone = await rig.backend.createVolume({ ...wish, contentSource }, rig.context());
    expect(await refusal(clone.id)).toContain('it was made from other data');
    await rig.backend.deleteVolume(clone.id, rig.context());
    await rig.backend.deleteVolume(source, rig.context());
    expect(await refusal(source)).toContain('does not exist');
  });
});
