import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { utils } from 'ssh2';
import type { Assumptions } from '../simulator/appliance/assumptions.ts';
import { SCHEMA_VERSIONS } from '../simulator/schema/schema.ts';
import { Simulator, type SimulatorOptions } from '../simulator/simulator.ts';
import { until } from '../support/until.ts';
import { ApplianceRig } from './appliance-rig.ts';

/** Each starts an appliance, and asks it much. */
setDefaultTimeout(60_000);

interface Report {
  readonly good: boolean;
  readonly interrupted: boolean;
  readonly left: readonly string[];
  readonly results: readonly { id: string; status: string; seen: string; remedy?: string }[];
}

const GiB = 1024n ** 3n;
const XFS = { slot: 'pool1', fs: 'xfs', bytes: 100n * GiB } as const;

describe('rose-csi doctor', () => {
  let rig: ApplianceRig;
  afterEach(() => rig.stop());

  async function examine(options: SimulatorOptions, ...flags: string[]) {
    rig = await ApplianceRig.start(options);
    return ask(...flags);
  }

  async function ask(...flags: string[]) {
    const { code, out } = await rig.say('doctor', '-o', 'json', ...flags);
    const report: Report = JSON.parse(out);
    const of = (id: string) =>
      report.results.find((result) => result.id === id) ?? { status: 'absent', seen: '' };
    return { code, report, of, status: (id: string) => of(id).status };
  }

  const assume = (assumptions: Partial<Assumptions>): SimulatorOptions => ({ appliance: { assumptions } });

  /** What the doctor has made, and not removed. */
  const remains = () => ({
    disks: rig.simulator.appliance.disks().length,
    files: rig.simulator.appliance.files().length,
    subvolumes: rig.simulator.appliance.subvolumes().length,
  });
  const NOTHING = { disks: 0, files: 1, subvolumes: 1 };

  test('finds nothing wrong with an appliance as it should be, and writes nothing', async () => {
    const { code, report } = await examine({});
    expect(report.results.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect([code, report.good]).toEqual([0, true]);
    const ran = rig.simulator.journal.all().flatMap(({ statements }) => statements);
    expect(ran.filter((command) => /^\/.*\/(add|set|remove)$/.test(command))).toEqual([]);
  });

  test('prints a report for people, without the address and the user', async () => {
    rig = await ApplianceRig.start();
    const { code, out } = await rig.say('doctor');
    expect(code).toBe(0);
    expect(out).toMatch(/^rose-csi [\d.]+ doctor, \d{4}-/);
    expect(out).toContain('ok      host-key: the host key is the one that was noted\n        SHA256:');
    expect(out).not.toMatch(/127\.0\.0\.1|"rose-csi"/);
    expect(await rig.say('doctor', '--help')).toMatchObject({ code: 0 });
  });

  test('write tests on btrfs leave nothing behind, and say that an image was adopted', async () => {
    const { code, of } = await examine(assume({ existingImage: 'adopted' }), '--write-tests');
    expect(of('existing-image')).toMatchObject({ status: 'ok', remedy: expect.stringContaining('=adopted') });
    expect(of('restore')).toMatchObject({
      status: 'ok',
      seen: expect.stringContaining('its content stayed'),
    });
    expect([code, remains()]).toEqual([0, NOTHING]);
  });

  for (const version of SCHEMA_VERSIONS.filter((one) => one !== '7.20.8')) {
    test(`every command of the write tests is one of RouterOS ${version}`, async () => {
      const { report } = await examine({ appliance: { version } }, '--write-tests');
      expect(report.results.filter(({ status }) => status === 'failed' || status === 'skipped')).toEqual([]);
    });
  }

  test('an appliance that refuses existing images is told apart from one that changes their size', async () => {
    const { code, of } = await examine(assume({ existingImage: 'refused' }), '--write-tests');
    expect(of('existing-image')).toMatchObject({
      status: 'warning',
      seen: 'it is refused: failure: file already exists',
    });
    expect([code, remains()]).toEqual([0, NOTHING]);
  });

  const KINDS: readonly [string, Partial<Assumptions>, string, RegExp][] = [
    ['shrinks', { shrink: 'done' }, 'shrink', /^it does$/],
    ['makes missing folders', { missingFolder: 'created' }, 'missing-folder', /^the folder is made$/],
    [
      'takes one image twice',
      { duplicatePath: 'allowed', existingImage: 'adopted' },
      'duplicate-path',
      /^is taken/,
    ],
    ['takes one NQN twice', { duplicateNqn: 'allowed' }, 'duplicate-nqn', /^is taken/],
    ['refuses a shared port', { duplicatePort: 'refused' }, 'duplicate-port', /^is refused/],
    [
      'shows targets of what is not exported',
      { targetWhileNotExported: 'shown' },
      'unexport',
      /NQN shown: yes/,
    ],
    ['changes an NQN in use', { changeWhileExported: 're-exports' }, 'nqn-while-exported', /^yes$/],
    ['allocates late', { imageAllocation: 'sparse' }, 'add', /images look sparse/],
    ['takes long comments', { commentBytes: 4096 }, 'comment', /and 1024: too/],
    ['removes images in use', { removeUsedFile: 'done' }, 'used-file', /^yes/],
    ['wraps what it prints', { wrapPutAt: 80 }, 'wrapping', /500: broken at 80/],
  ];
  for (const [what, assumptions, id, seen] of KINDS) {
    test(`an appliance that ${what} is seen to do so, and is clean afterwards`, async () => {
      const { code, of } = await examine(assume(assumptions), '--write-tests');
      expect(of(id).seen).toMatch(seen);
      expect([code, remains()]).toEqual([0, NOTHING]);
    });
  }

  test('pools without subvolumes skip what needs them', async () => {
    const { code, of, status } = await examine({ appliance: { pools: [XFS] } }, '--write-tests');
    expect([status('add'), status('subvolume'), status('restore')]).toEqual(['ok', 'skipped', 'skipped']);
    expect(of('compression').seen).toContain('compression only available for btrfs');
    expect([code, remains()]).toEqual([0, { ...NOTHING, subvolumes: 0 }]);
  });

  test('Ctrl-C in the middle of the write tests still removes all of it', async () => {
    rig = await ApplianceRig.start();
    const stop = new AbortController();
    const { faults, appliance } = rig.simulator;
    const hang = faults.add({ fault: { kind: 'hang' }, on: { exec: /csi-doctor-[0-9a-f]+-d/ } });
    const said = rig.sayUntil(stop.signal, 'doctor', '--write-tests', '-o', 'json');
    await hang.whenMet();
    await until('a disk of the doctor', () => appliance.disks().length > 0);
    stop.abort(new Error('SIGINT'));
    const { code, out } = await said;
    expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ interrupted: true, left: [] })]);
    expect(remains()).toEqual(NOTHING);
  });

  test('what it cannot remove is listed, and the next run points to it', async () => {
    rig = await ApplianceRig.start();
    const rule = rig.simulator.faults.add({
      fault: { kind: 'busy' },
      on: { statement: /^\/disk\/remove$/ },
      times: Number.POSITIVE_INFINITY,
    });
    const { code, report, of } = await ask('--write-tests');
    expect([code, report.good]).toEqual([1, false]);
    expect(report.left.join()).toMatch(/disk csi-doctor-[0-9a-f]{8}-a,/);
    rule.remove();
    expect(of('clean-up').status).toBe('failed');
    expect((await ask('--write-tests')).of('leftovers')).toMatchObject({ status: 'warning' });
  });

  test('an old RouterOS, a missing package and missing policies each get their remedy', async () => {
    const old = await examine({ appliance: { version: '7.20.8' } }, '--write-tests');
    expect([old.code, old.of('version').seen]).toEqual([1, expect.stringContaining('update RouterOS')]);
    expect([old.status('pools'), old.status('write-tests')]).toEqual(['skipped', 'skipped']);
    await rig.stop();
    const bare = await examine({ appliance: { packages: ['routeros'] } });
    expect([bare.code, bare.of('package').seen]).toEqual([1, expect.stringContaining('install and enable')]);
    await rig.stop();
    const userKey = rig.simulator.userKey;
    const key = {
      name: Simulator.user,
      publicKeys: [publicLine(userKey)],
      policies: ['ssh', 'read', 'write', 'reboot'],
    };
    const weak = await examine({ userKey, appliance: { users: [key] } });
    expect(weak.of('policies')).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('policy=ssh,read,write,test'),
    });
  });

  test('a host key that was never noted, or is another one, is shown and goes no further', async () => {
    rig = await ApplianceRig.start();
    const { hostKeyFingerprint } = rig.simulator;
    rig.environment['RDS_HOST_KEY'] = '';
    const unknown = await ask();
    expect(unknown.of('host-key')).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining(`set RDS_HOST_KEY=${hostKeyFingerprint}`),
    });
    expect([unknown.code, unknown.status('login'), rig.simulator.journal.all().length]).toEqual([
      1,
      'skipped',
      0,
    ]);
    expect((await ask('--rds-insecure-host-key', 'true')).status('host-key')).toBe('warning');
    rig.environment['RDS_HOST_KEY'] = `SHA256:${'A'.repeat(43)}`;
    const other = await ask();
    expect([other.status('host-key'), other.status('login')]).toEqual(['failed', 'skipped']);
  });

  test('ports that others use, btrfs labels that clash and a clock that is wrong are seen', async () => {
    const pools = ['pool1', 'pool2'].map((slot) => ({ ...XFS, slot, fs: 'btrfs', label: 'same' }) as const);
    rig = await ApplianceRig.start({ appliance: { pools } });
    await rig.console(
      '/disk/add type=file slot=guest file-path=/pool1/g.img file-size=1048576 nvme-tcp-export=yes nvme-tcp-server-port=20005',
    );
    rig.simulator.faults.add({
      fault: { kind: 'clock-jump', ms: 600_000, at: 'before' },
      on: { exec: /system\/clock/ },
    });
    const { of } = await ask();
    expect(of('nvme-ports')).toMatchObject({ status: 'warning', seen: expect.stringContaining('guest') });
    expect(of('pools')).toMatchObject({
      status: 'failed',
      seen: expect.stringContaining('have the label "same"'),
    });
    expect(of('clock')).toMatchObject({
      status: 'warning',
      seen: expect.stringContaining('before this machine'),
    });
  });

  test('Ctrl-C ends the wait for an appliance that says nothing', async () => {
    rig = await ApplianceRig.start();
    const silence = rig.simulator.faults.add({
      fault: { kind: 'silent-connection' },
      times: Number.POSITIVE_INFINITY,
    });
    const stop = new AbortController();
    const said = rig.sayUntil(stop.signal, 'volumes', 'list');
    await silence.whenMet();
    stop.abort(new Error('SIGINT'));
    expect(await said).toEqual({ code: 1, out: '', err: 'rose-csi: SIGINT\n' });
  });

  test('a closed port, a refused login, few sessions and degraded pools are told with what helps', async () => {
    const raid = { level: '1', devices: 2 } as const;
    rig = await ApplianceRig.start({ appliance: { maxSessions: 8, pools: [{ ...XFS, raid }] } });
    expect((await ask('--rds-port', '1')).of('reach').seen).toContain('ECONNREFUSED');
    const stranger = await ask('--rds-user', 'stranger');
    expect([stranger.status('login'), stranger.status('version')]).toEqual(['failed', 'skipped']);
    expect((await ask()).status('sessions')).toBe('failed');
    expect((await ask('--rds-sessions', '4')).status('sessions')).toBe('warning');
    expect((await ask('--rds-sessions', '3')).status('sessions')).toBe('ok');
    expect((await ask('--rds-pool', 'other')).of('pools')).toMatchObject({ status: 'failed' });
    expect((await ask('--rds-nvme-ports', 'shared:4420')).status('nvme-ports')).toBe('warning');
    expect((await ask('--rds-nvme-ports', '8000-9000')).status('nvme-ports')).toBe('failed');
  });
});

function publicLine(privateKey: string): string {
  const key = utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
}
