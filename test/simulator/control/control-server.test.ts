import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { until } from '../../support/until.ts';
import { NvmeRefused } from '../appliance/exports.ts';
import { FAULT_KINDS } from '../faults/fault.ts';
import { HostRig } from '../support/host-rig.ts';
import { ControlServer } from './control-server.ts';

let rig: HostRig;
let control: ControlServer;
/** Initiators that left again. */
let left = 0;

beforeEach(async () => {
  rig = await HostRig.start();
  const appliance = {
    state: () => ({ disks: [{ slot: 'pool1', size: 2n ** 60n }] }),
    connectInitiator: (nqn: string) => {
      if (nqn === 'nqn.old') throw new NvmeRefused('subsystem unknown');
      const disconnect = () => {
        left += 1;
      };
      return { disconnect };
    },
  };
  control = new ControlServer(rig.host, appliance, 0);
});

afterEach(async () => {
  await control.stop();
  await rig.stop();
});

/** Asks, and gives status and body; JSON is read. */
async function ask(method: string, path: string, body?: unknown) {
  const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(new URL(path, control.url), init);
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, body: json ? JSON.parse(text) : text };
}

describe('the control interface', () => {
  test('explains itself, also where it is asked for what it does not have', async () => {
    expect((await ask('GET', '/')).body).toContain('POST   /faults');
    expect((await ask('GET', '/nothing')).status).toBe(404);
  });

  test('shows the state, with exact sizes', async () => {
    expect(await ask('GET', '/state')).toEqual({
      status: 200,
      body: { disks: [{ slot: 'pool1', size: '1152921504606846976' }] },
    });
  });

  test('tells what an initiator is told, and leaves nobody connected', async () => {
    const asked = { port: 20_000, hostNqn: 'nqn.host' };
    expect((await ask('POST', '/connect', { ...asked, nqn: 'nqn.old' })).body).toEqual({
      refused: 'subsystem unknown',
    });
    expect((await ask('POST', '/connect', { ...asked, nqn: 'nqn.new' })).body).toEqual({ refused: null });
    expect(left).toBe(1);
    expect((await ask('POST', '/connect', asked)).status).toBe(400);
  });

  test('adds a fault, which then strikes, and shows how often', async () => {
    const rule = {
      fault: { kind: 'busy' },
      on: { statement: '^/disk/add$', slot: 'csi-a' },
      from: 1,
      times: 'always',
    };
    expect((await ask('POST', '/faults', rule)).body).toMatchObject({ id: 1, met: 0, times: 'Infinity' });
    const client = await rig.login();
    expect((await client.exec('/disk/add say:csi-a')).out).toBe('failure: busy\r\n');
    expect((await ask('GET', '/faults')).body).toMatchObject([{ id: 1, seen: 1, met: 1 }]);
    expect((await ask('DELETE', '/faults/1')).status).toBe(204);
    expect((await client.exec('/disk/add say:csi-a')).out).toBe('csi-a\r\n');
  });

  test('lets go on what hangs', async () => {
    await ask('POST', '/faults', { fault: { kind: 'hang' } });
    const seen = (await rig.login()).exec('say:x');
    await until('it hangs', () => rig.host.faults.list()[0]?.met === 1);
    await ask('POST', '/faults/1/release');
    expect((await seen).out).toBe('x\r\n');
  });

  test('refuses what it does not understand, and says what', async () => {
    for (const rule of [{}, { fault: { kind: 'nonsense' } }, { fault: { kind: 'cut', ms: 3 } }]) {
      expect((await ask('POST', '/faults', rule)).status).toBe(400);
    }
    const broken = await ask('POST', '/faults', { fault: { kind: 'cut' }, on: { exec: '(' } });
    expect(broken).toMatchObject({
      status: 400,
      body: expect.stringContaining('Invalid regular expression'),
    });
    expect((await ask('DELETE', '/faults/9')).body).toBe('there is no rule 9\n');
    expect((await fetch(new URL('/reboot', control.url), { method: 'POST', body: '{' })).status).toBe(400);
    expect(rig.host.faults.list()).toEqual([]);
  });

  test('takes every kind of fault', async () => {
    const settings: Record<string, object> = {
      reboot: { awayMs: 1 },
      'clock-jump': { ms: -1 },
      wrap: { columns: 80 },
      drip: { bytes: 1, everyMs: 1 },
      'exit-code': { code: 1 },
    };
    for (const kind of FAULT_KINDS) {
      expect(await ask('POST', '/faults', { fault: { kind, ...settings[kind] } })).toMatchObject({
        status: 200,
      });
    }
    expect(rig.host.faults.list().map(({ fault }) => fault.kind)).toEqual(FAULT_KINDS);
    await ask('DELETE', '/faults');
    expect(rig.host.faults.list()).toEqual([]);
  });

  test('shows the journal, from an entry on, and forgets it', async () => {
    const client = await rig.login();
    await client.exec('say:one');
    await client.exec('/disk/add');
    expect((await ask('GET', '/journal?since=1')).body).toMatchObject([{ id: 2, text: '/disk/add' }]);
    expect((await ask('GET', '/counts')).body).toEqual({ '/disk/add': 1, read: 1 });
    expect((await ask('GET', '/sessions')).body).toEqual({ now: 1, logins: 1 });
    await ask('DELETE', '/journal');
    expect((await ask('GET', '/journal')).body).toEqual([]);
  });

  test('sets latency, moves the clock, drops sessions, and reboots', async () => {
    expect((await ask('PUT', '/latency', { perCommandMs: { min: 1, max: 2 } })).status).toBe(204);
    expect((await ask('PUT', '/latency', { perCommandMs: -1 })).status).toBe(400);
    await ask('POST', '/clock', { ms: 3_600_000 });
    expect(rig.appliance.clockAheadMs).toBe(3_600_000);
    const dropped = await rig.login();
    await ask('POST', '/drop');
    await dropped.closed;
    const rebooted = await rig.login();
    await ask('POST', '/reboot', { awayMs: 0 });
    await rebooted.closed;
    await rig.host.whenUp();
    expect((await (await rig.login()).exec('say:back')).out).toBe('back\r\n');
  });

  test('silences the sessions there are', async () => {
    const client = await rig.login();
    await ask('POST', '/silence');
    let answered = false;
    client.exec('say:x').then(
      () => {
        answered = true;
      },
      () => 'closed at the end',
    );
    expect((await (await rig.login()).exec('say:there')).out).toBe('there\r\n');
    expect(answered).toBe(false);
  });
});
