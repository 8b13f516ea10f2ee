import { describe, expect, test } from 'bun:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { HostRig } from '../support/host-rig.ts';
import { Journal } from './journal.ts';

const EXEC = { channel: 'exec', session: 1, user: 'rose-csi', text: '/disk print' } as const;

describe('the journal', () => {
  test('keeps what was run, by whom, for how long, and what came of it', () => {
    const clock = new ManualClock(1000);
    const journal = new Journal(clock);
    const record = journal.begin(EXEC);
    expect(journal.running()).toHaveLength(1);
    record.statement('/disk/print');
    record.fault('cut');
    clock.advance(200);
    record.end('lost', 17);
    expect(journal.all()).toEqual([
      {
        ...EXEC,
        ...{ id: 1, startedAt: 1000, endedAt: 1200, statements: ['/disk/print'], bytesOut: 17 },
        ...{ outcome: 'lost', faults: ['cut'] },
      },
    ]);
  });

  test('counts execs by what they write, or by what a test calls them', () => {
    const journal = new Journal(new ManualClock());
    for (const command of ['/disk/add', '/disk/add', '/disk/print', ':put']) {
      journal.begin({ ...EXEC, text: command }).statement(command);
    }
    expect(Object.fromEntries(journal.counts())).toEqual({ '/disk/add': 2, read: 2 });
    expect(Object.fromEntries(journal.counts(({ user }) => user))).toEqual({ 'rose-csi': 4 });
  });

  test('tells what was run during a piece of work', async () => {
    const rig = await HostRig.start();
    const client = await rig.login();
    await client.exec('say:before');
    const execs = await rig.host.journal.during(() => client.exec('say:one /disk/add'));
    expect(execs.map(({ text, statements, bytesOut }) => ({ text, statements, bytesOut }))).toEqual([
      { text: 'say:one /disk/add', statements: [':say', '/disk/add'], bytesOut: 5 },
    ]);
    await rig.stop();
  });

  test('forgets the oldest beyond its limit, and never more', () => {
    const journal = new Journal(new ManualClock(), 10);
    for (let exec = 0; exec < 100; exec++) journal.begin(EXEC);
    expect(journal.all().length).toBeGreaterThanOrEqual(10);
    expect(journal.all().length).toBeLessThanOrEqual(15);
    expect(journal.all().at(-1)?.id).toBe(100);
  });
});
