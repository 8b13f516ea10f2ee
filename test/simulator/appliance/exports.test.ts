import { expect, test } from 'bun:test';
import { MenuRig } from '../menus/menu-rig.ts';
import type { Assumptions } from './assumptions.ts';
import { NvmeRefused } from './exports.ts';
import { type ExportedImage, SILENT_EXPORTER } from './ports.ts';

const MiB = 1n << 20n;

async function exporting(assumptions: Partial<Assumptions> = {}, change: Record<string, string> = {}) {
  const rig = new MenuRig({ assumptions });
  await rig.addDisk('csi-a', {
    'nvme-tcp-export': 'yes',
    'nvme-tcp-server-nqn': 'nqn.a',
    'nvme-tcp-server-port': '5001',
    ...change,
  });
  return rig;
}

const set = (rig: MenuRig, args: Record<string, string | bigint>) =>
  rig.failure('/disk/set', args, { unnamed: ['csi-a'] });

function refusal(rig: MenuRig, nqn: string, port: number, host = 'host'): string {
  try {
    rig.appliance.connectInitiator(nqn, port, host);
    return 'connected';
  } catch (error) {
    return error instanceof NvmeRefused ? error.reason : String(error);
  }
}

test('an initiator connects to the exact NQN on its port', async () => {
  const rig = await exporting();
  const session = rig.appliance.connectInitiator('nqn.a', 5001, 'host');
  expect(session.bytes).toBe(16n * MiB);
  expect(refusal(rig, 'nqn.b', 5001)).toBe('subsystem unknown');
  expect(refusal(rig, 'nqn.a', 5002)).toBe('port closed');
});

test('a host that is not allowed is refused', async () => {
  const rig = await exporting({}, { 'nvme-tcp-server-allow-host-name': 'host,other' });
  expect(refusal(rig, 'nqn.a', 5001)).toBe('host not allowed');
  expect(refusal(rig, 'nqn.a', 5001, 'host,other')).toBe('connected');
  const list = await exporting(
    { allowHostName: 'comma-list' },
    { 'nvme-tcp-server-allow-host-name': 'host,other' },
  );
  expect(refusal(list, 'nqn.a', 5001, 'other')).toBe('connected');
});

test('stopping an export drops its sessions, keeps them or is refused, by assumption', async () => {
  for (const [stopExport, text, live] of [
    ['drops', 'no failure', false],
    ['keeps-session', 'no failure', true],
    ['busy', 'failure: device is busy', true],
  ] as const) {
    const rig = await exporting({ stopExport });
    const session = rig.appliance.connectInitiator('nqn.a', 5001, 'host');
    expect(await set(rig, { 'nvme-tcp-export': 'no' })).toBe(text);
    expect(session.live).toBe(live);
    expect(refusal(rig, 'nqn.a', 5001)).toBe(stopExport === 'busy' ? 'connected' : 'port closed');
  }
});

test('a session that was dropped can not write, one that was kept still does', async () => {
  const rig = await exporting({ stopExport: 'keeps-session' });
  const session = rig.appliance.connectInitiator('nqn.a', 5001, 'host');
  await set(rig, { 'nvme-tcp-export': 'no' });
  const before = rig.appliance.files().at(-1)?.generation ?? 0;
  session.write();
  expect(rig.appliance.files().at(-1)?.generation).toBe(before + 1);
  session.disconnect();
  expect(() => session.write()).toThrow('no connection');
});

test('a stop that hangs ends with the session and changes nothing', async () => {
  const rig = await exporting({ stopExport: 'hangs' });
  rig.appliance.connectInitiator('nqn.a', 5001, 'host');
  const hanging = set(rig, { 'nvme-tcp-export': 'no' });
  rig.cancelled.abort();
  expect(await hanging).toBe('/disk set was interrupted');
  expect(rig.appliance.exports()).toHaveLength(1);
});

test('growth is seen at the next export or at once, by assumption', async () => {
  for (const [growthWhileExported, seen] of [
    ['at-next-export', 16n],
    ['at-once', 32n],
  ] as const) {
    const rig = await exporting({ growthWhileExported });
    const session = rig.appliance.connectInitiator('nqn.a', 5001, 'host');
    expect(await set(rig, { 'file-size': '32M' })).toBe('no failure');
    expect(session.bytes).toBe(seen * MiB);
    await set(rig, { 'nvme-tcp-export': 'no' });
    await set(rig, { 'nvme-tcp-export': 'yes' });
    expect(rig.appliance.exports()[0]?.bytes).toBe(32n * MiB);
  }
});

test('another NQN is refused while exported, or exports anew, by assumption', async () => {
  const rig = await exporting();
  expect(await set(rig, { 'nvme-tcp-server-nqn': 'nqn.b' })).toBe('failure: can not change while exported');
  expect(await set(rig, { 'nvme-tcp-server-nqn': 'nqn.a', comment: 'same' })).toBe('no failure');
  await set(rig, { 'nvme-tcp-export': 'no' });
  expect(await set(rig, { 'nvme-tcp-server-nqn': 'nqn.b', 'nvme-tcp-export': 'yes' })).toBe('no failure');
  expect(rig.appliance.exports()).toMatchObject([{ nqn: 'nqn.b' }]);
  const kind = await exporting({ changeWhileExported: 're-exports' });
  const session = kind.appliance.connectInitiator('nqn.a', 5001, 'host');
  expect(await set(kind, { 'nvme-tcp-server-nqn': 'nqn.b' })).toBe('no failure');
  expect(session.live).toBe(false);
});

test('what is not exported shows nothing of its target, by assumption', async () => {
  const rig = await exporting();
  await set(rig, { 'nvme-tcp-export': 'no' });
  const [row] = await rig.rows('/disk', { slot: 'csi-a' });
  expect(row).toMatchObject({ 'nvme-tcp-export': false });
  expect(Object.keys(row ?? {}).filter((name) => name.startsWith('nvme-tcp-server'))).toEqual([]);
  await set(rig, { 'nvme-tcp-export': 'yes' });
  expect(rig.appliance.exports()).toMatchObject([{ nqn: 'nqn.a', port: 5001 }]);
});

test('an NQN or a port twice is refused or allowed, by assumption', async () => {
  const second = { 'nvme-tcp-export': 'yes', 'nvme-tcp-server-nqn': 'nqn.a', 'nvme-tcp-server-port': '5001' };
  const add = async (assumptions: Partial<Assumptions>, change: Record<string, string>) => {
    const rig = await exporting(assumptions);
    const args = { type: 'file', slot: 'b', 'file-path': 'pool1/b', 'file-size': '1M', ...second, ...change };
    return rig.failure('/disk/add', args);
  };
  expect(await add({}, {})).toBe('failure: nvme-tcp-server-nqn already in use');
  expect(await add({}, { 'nvme-tcp-server-nqn': 'nqn.b' })).toBe('no failure');
  expect(await add({ duplicatePort: 'refused' }, { 'nvme-tcp-server-nqn': 'nqn.b' })).toContain(
    'port already in use',
  );
  expect(await add({ duplicateNqn: 'allowed' }, {})).toBe('no failure');
});

test('after a reboot exports come one by one behind an open port, or at once, by assumption', async () => {
  const rig = await exporting();
  await rig.addDisk('csi-b', { 'nvme-tcp-export': true });
  const session = rig.appliance.connectInitiator('nqn.a', 5001, 'host');
  rig.appliance.reboot();
  expect(session.live).toBe(false);
  expect(refusal(rig, 'nqn.a', 5001)).toBe('subsystem unknown');
  rig.clock.advance(500);
  expect(rig.appliance.exports().map(({ slot }) => slot)).toEqual(['csi-a']);
  rig.clock.advance(500);
  expect(rig.appliance.exports().map(({ slot }) => slot)).toEqual(['csi-a', 'csi-b']);
  const kind = await exporting({ rebootExports: 'at-once' });
  kind.appliance.reboot();
  expect(refusal(kind, 'nqn.a', 5001)).toBe('connected');
});

test('a disk that is removed or disabled before its turn after a reboot is not exported', async () => {
  const rig = await exporting();
  rig.appliance.reboot();
  await rig.run('/disk/disable', {}, { unnamed: ['csi-a'] });
  rig.clock.advance(10_000);
  expect(rig.appliance.exports()).toEqual([]);
  await rig.run('/disk/enable', {}, { unnamed: ['csi-a'] });
  expect(rig.appliance.exports()).toHaveLength(1);
});

test('who is connected for real is asked of the exporter, which is told who may stay, and of the power', async () => {
  const told: string[] = [];
  let used = true;
  const rig = new MenuRig({
    assumptions: { stopExport: 'busy' },
    exporter: { ...SILENT_EXPORTER, isUsed: () => used, drop: () => told.push('drop') },
  });
  await rig.addDisk('csi-a', { 'nvme-tcp-export': true, 'nvme-tcp-server-nqn': 'nqn.a' });
  expect(await set(rig, { 'nvme-tcp-export': 'no' })).toBe('failure: device is busy');
  used = false;
  await set(rig, { 'nvme-tcp-export': 'no' });
  rig.appliance.powerDown();
  expect(told).toEqual(['drop']);
  const kept: boolean[] = [];
  const keeping = new MenuRig({
    assumptions: { stopExport: 'keeps-session' },
    exporter: { ...SILENT_EXPORTER, stop: (_, keepSessions) => kept.push(keepSessions) },
  });
  await keeping.addDisk('csi-a', { 'nvme-tcp-export': true, 'nvme-tcp-server-nqn': 'nqn.a' });
  await set(keeping, { 'nvme-tcp-export': 'no' });
  expect(kept).toEqual([true]);
});

test('the exporter is told of every start, size and stop', async () => {
  const told: string[] = [];
  const tell = (what: string) => (image: ExportedImage) =>
    told.push(`${what} ${image.nqn} ${image.bytes / MiB}`);
  const rig = new MenuRig({
    assumptions: { growthWhileExported: 'at-once' },
    exporter: { ...SILENT_EXPORTER, start: tell('start'), resize: tell('resize'), stop: tell('stop') },
  });
  await rig.addDisk('csi-a', { 'nvme-tcp-export': true, 'nvme-tcp-server-nqn': 'nqn.a' });
  await set(rig, { 'file-size': '32M' });
  await rig.run('/disk/remove', {}, { unnamed: ['csi-a'] });
  expect(told).toEqual(['start nqn.a 16', 'resize nqn.a 32', 'stop nqn.a 32']);
});
