import { expect, test } from 'bun:test';
import { ScriptArray, ScriptTime } from '../script/value.ts';
import { items, MenuRig, matches } from './menu-rig.ts';

const get = (rig: MenuRig, path: string, name: string) => rig.run(`${path}/get`, {}, { unnamed: [name] });

test('the appliance tells its version, uptime, packages and name', async () => {
  const rig = new MenuRig({ identity: 'rds', version: '7.21.5' });
  rig.clock.advance(90_061_500);
  expect(await get(rig, '/system/resource', 'uptime')).toEqual(new ScriptTime(90_061_000_000_000n));
  expect(await get(rig, '/system/resource', 'version')).toBe('7.21.5 (stable)');
  expect(await rig.text('/system/resource/print')).toStartWith(
    '             uptime: 1d1h1m1s\r\n            version: 7.21.5',
  );
  expect(await rig.text('/system/identity/print')).toBe('  name: rds\r\n');
  expect((await rig.rows('/system/package')).map((row) => row['name'])).toEqual(['routeros', 'rose-storage']);
  expect(await rig.failure('/system/resource/get', {}, { unnamed: ['nope'] })).toContain(
    'input does not match',
  );
  const values = await rig.run('/system/identity/print', { 'as-value': true });
  expect(values instanceof ScriptArray && values.map.get('name')).toBe('rds');
});

test('a reboot starts uptime anew; the wall clock jumps without it', async () => {
  const rig = new MenuRig();
  rig.clock.advance(5_000);
  rig.appliance.jumpClock(3_600_000);
  expect(await get(rig, '/system/clock', 'time')).toBe('23:13:25');
  expect(await get(rig, '/system/resource', 'uptime')).toEqual(new ScriptTime(5_000_000_000n));
  rig.appliance.reboot();
  expect(await get(rig, '/system/resource', 'uptime')).toEqual(new ScriptTime(0n));
  await rig.run('/system/clock/set', { date: '2026-01-02', time: '03:04:05' });
  expect(await get(rig, '/system/clock', 'date')).toBe('2026-01-02');
  expect(await rig.failure('/system/clock/set', { time: 'noon' })).toBe('invalid value for argument time');
});

test('users, their groups and policies, and who is here', async () => {
  const rig = new MenuRig({
    users: [{ name: 'rose-csi', policies: ['ssh', 'read', 'write', 'test'] }, { name: 'admin' }],
  });
  const [group] = await rig.rows('/user/group', { name: 'rose-csi' });
  const policies = items(group?.['policy']);
  expect(policies).toContain('write');
  expect(policies).toContain('!policy');
  expect((await rig.rows('/user')).map((row) => [row['name'], row['group']])).toEqual([
    ['rose-csi', 'rose-csi'],
    ['admin', 'full'],
  ]);
  const leave = rig.appliance.accounts.logIn('admin', '10.0.0.1');
  expect(await rig.rows('/user/active')).toMatchObject([{ name: 'admin', via: 'ssh', group: 'full' }]);
  leave();
  expect(await rig.rows('/user/active')).toEqual([]);
  await rig.run('/user/disable', {}, { unnamed: ['admin'] });
  expect(rig.appliance.accounts.user('admin')).toBeUndefined();
  expect(() => new MenuRig({ users: [{ name: 'x', policies: ['root'] }] })).toThrow('no policy root');
  expect(() => new MenuRig({ users: [{ name: 'x', group: 'nope' }] })).toThrow('no group nope');
});

test('removing a job ends it', async () => {
  const rig = new MenuRig();
  const cancelled: string[] = [];
  const done = rig.appliance.accounts.startJob('rose-csi', 'command', () => cancelled.push('it'));
  const jobs = await rig.run('/system/script/job/find', {}, { where: matches({ owner: 'rose-csi' }) });
  await rig.run('/system/script/job/remove', {}, { unnamed: [jobs] });
  expect(cancelled).toEqual(['it']);
  done();
  expect(await rig.rows('/system/script/job')).toEqual([]);
});

test('services have limits on their sessions', async () => {
  const rig = new MenuRig({ maxSessions: 7 });
  expect(await rig.rows('/ip/service', { name: 'ssh' })).toMatchObject([{ port: 22n, 'max-sessions': 7n }]);
  await rig.run('/ip/service/set', { 'max-sessions': '3', port: '2222' }, { unnamed: ['ssh'] });
  expect(rig.appliance.services.sshMaxSessions).toBe(3);
  expect(await rig.failure('/ip/service/set', { 'max-sessions': '0' }, { unnamed: ['ssh'] })).toContain(
    'max-sessions',
  );
  await rig.run('/ip/service/disable', {}, { unnamed: ['ssh'] });
  expect(await rig.text('/ip/service/print', {}, { where: matches({ name: 'ssh' }) })).toContain(
    '1 X ssh   2222  tcp',
  );
});

test('SSH settings have the names of the version', async () => {
  const rig = new MenuRig();
  expect(await get(rig, '/ip/ssh', 'host-key-type')).toBe('rsa');
  await rig.run('/ip/ssh/set', { 'host-key-type': 'ed25519', 'password-authentication': 'no' });
  expect(await get(rig, '/ip/ssh', 'password-authentication')).toBe('no');
  expect(await rig.failure('/ip/ssh/set', { 'host-key-type': 'dsa' })).toContain('host-key-type');
  const old = new MenuRig({ version: '7.20.8' });
  expect(await get(old, '/ip/ssh', 'always-allow-password-login')).toBe(false);
});

test('the log keeps what scripts write, and is empty after a reboot', async () => {
  const rig = new MenuRig();
  await rig.run('/log/info', { message: 'hello' });
  expect(await rig.rows('/log')).toMatchObject([{ topics: 'script,info', message: 'hello' }]);
  rig.appliance.reboot();
  expect(await rig.rows('/log', { message: 'hello' })).toEqual([]);
});

test('a RAID is degraded or scrubs; counters come once or in a stream that ends with the session', async () => {
  const raid = { level: '1', devices: 2 } as const;
  const rig = new MenuRig({ pools: [{ slot: 'raid1', fs: 'xfs', bytes: 1n << 40n, raid }] });
  const state = async () => (await rig.rows('/disk', { slot: 'raid1' }))[0]?.['state'];
  rig.appliance.setPoolState('raid1', 'degraded');
  expect(await state()).toBe('degraded');
  await rig.run('/disk/raid-scrub', {}, { unnamed: ['raid1'] });
  expect(await state()).toBe('clean, sync:repair, resync = 0.0%');
  await rig.run('/disk/raid-scrub-cancel', {}, { unnamed: ['raid1'] });
  expect(await state()).toBe('clean');
  await rig.run('/disk/trim', {}, { unnamed: ['raid1'] });
  expect(await rig.text('/disk/monitor-traffic', { once: true }, { unnamed: ['raid1'] })).toContain(
    'slot: raid1\r\n',
  );
  const stream = rig.failure('/disk/monitor-traffic', {}, { unnamed: ['raid1'] });
  rig.cancelled.abort();
  expect(await stream).toBe('interrupted');
});
