import { answerDisks, type DiskRow, disksOf, ofSlot } from '../../operations/disk-row.ts';
import { both, type Code, equals, length, property } from '../../script/code.ts';
import { command, find } from '../../script/command.ts';
import { answer } from '../../script/script.ts';
import { answered, attempt, outcomeOf } from '../answers.ts';
import { type Finding, failed, ok } from '../check.ts';
import type { Bench } from './bench.ts';
import type { Trial } from './trial.ts';

type Change = Readonly<Record<string, string | number | boolean>>;

const set = (bench: Bench, letter: string, change: Change): Code =>
  command('/disk', 'set', change, { items: find('/disk', ofSlot(bench.slot(letter))) });

const target = (bench: Bench, nqn: string): Change => ({
  'nvme-tcp-server-port': bench.port,
  'nvme-tcp-server-nqn': bench.nqn(nqn),
});

async function change(bench: Bench, letter: string, wanted: Change) {
  const reply = await bench.ask('export', [
    attempt('set', [set(bench, letter, wanted)]),
    answerDisks(ofSlot(bench.slot(letter))),
  ]);
  return { set: outcomeOf(reply, 'set'), disk: disksOf(reply)[0] };
}

export const EXPORT: Trial = {
  id: 'export',
  title: 'a disk is exported with the NQN and the port that were chosen',
  needs: ['add'],
  settles: ['nqn-on-export'],
  run: async (bench) => {
    const { set: done, disk } = await change(bench, 'a', {
      ...target(bench, 'one'),
      'nvme-tcp-export': true,
    });
    if (!done.done) return failed(done.error, 'please report it: volumes cannot be published');
    const right = disk?.exported === true && disk.nqn === bench.nqn('one') && disk.port === bench.port;
    if (right) return ok(`${disk.nqn} on port ${disk.port}`);
    return failed(`it became ${describe(disk)}`, 'please report it: nodes could not find their volumes');
  },
};

const describe = (disk: DiskRow | undefined): string =>
  disk ? `exported ${disk.exported}, port ${disk.port}, NQN ${JSON.stringify(disk.nqn)}` : 'no disk at all';

export const NQN_WHILE_EXPORTED: Trial = {
  id: 'nqn-while-exported',
  title: 'whether the NQN of an exported disk can be changed, with nobody connected',
  needs: ['export'],
  settles: ['change-while-exported'],
  run: async (bench) => {
    const { set: done, disk } = await change(bench, 'a', target(bench, 'two'));
    if (!done.done) return ok(`no: ${done.error}`);
    return ok(disk?.nqn === bench.nqn('two') ? 'yes' : `it says yes, and is ${describe(disk)}`);
  },
};

export const UNEXPORT: Trial = {
  id: 'unexport',
  title: 'an export stops, with nobody connected, and the item can be found by that',
  needs: ['export'],
  settles: ['export-no', 'target-while-not-exported'],
  run: async (bench) => {
    const off = both(ofSlot(bench.slot('a')), equals(property('nvme-tcp-export'), false));
    const reply = await bench.ask('unexport', [
      attempt('set', [set(bench, 'a', { 'nvme-tcp-export': false })]),
      answer('off', length(find('/disk', off))),
      answerDisks(ofSlot(bench.slot('a'))),
    ]);
    const done = outcomeOf(reply, 'set');
    const [disk] = disksOf(reply);
    if (!done.done) return failed(done.error, 'please report it: volumes cannot be unpublished');
    if (disk?.exported !== false) return failed(`it is ${describe(disk)}`, 'please report it: no fencing');
    if (answered(reply, 'off') !== 1) {
      return failed(
        'nvme-tcp-export=no does not find it',
        'please report it: an export lost is not started again',
      );
    }
    return ok(
      `port shown: ${disk.port === bench.port ? 'yes' : 'no'}, NQN shown: ${disk.nqn === '' ? 'no' : 'yes'}`,
    );
  },
};

export const NQN_BETWEEN_EXPORTS: Trial = {
  id: 'nqn-between-exports',
  title: 'the next export has the next NQN',
  needs: ['unexport'],
  settles: ['nqn-on-export'],
  run: async (bench) => {
    const { set: done, disk } = await change(bench, 'a', {
      ...target(bench, 'three'),
      'nvme-tcp-export': true,
    });
    if (!done.done) return failed(done.error, 'please report it: no fencing by epochs');
    if (disk?.exported && disk.nqn === bench.nqn('three')) return ok(disk.nqn);
    return failed(`it became ${describe(disk)}`, 'please report it: no fencing by epochs');
  },
};

/** With disk `a` exported as `three`. */
const second = (id: string, title: string, wanted: (bench: Bench) => Change): Trial => ({
  id,
  title,
  needs: ['nqn-between-exports'],
  settles: [id],
  run: async (bench) => {
    const reply = await bench.ask(id, [
      attempt('added', [bench.add('b')]),
      attempt('set', [set(bench, 'b', { ...wanted(bench), 'nvme-tcp-export': true })]),
      answerDisks(ofSlot(bench.slot('b'))),
      attempt('stopped', [set(bench, 'b', { 'nvme-tcp-export': false })]),
      attempt('removed', [command('/disk', 'remove', {}, { items: find('/disk', ofSlot(bench.slot('b'))) })]),
      attempt('gone', [
        command(
          '/file',
          'remove',
          {},
          { items: find('/file', equals(property('name'), bench.file('b.img'))) },
        ),
      ]),
    ]);
    return taken(outcomeOf(reply, 'set'), disksOf(reply)[0]);
  },
});

function taken(done: ReturnType<typeof outcomeOf>, disk: DiskRow | undefined): Finding {
  return done.done ? ok(`is taken: ${describe(disk)}`) : ok(`is refused: ${done.error}`);
}

export const DUPLICATE_NQN: Trial = second('duplicate-nqn', 'a second export with the same NQN', (bench) => ({
  ...target(bench, 'three'),
  'nvme-tcp-server-port': bench.port,
}));

export const DUPLICATE_PORT: Trial = second(
  'duplicate-port',
  'a second export on the same port, with another NQN',
  (bench) => target(bench, 'four'),
);

export const DEFAULT_NQN: Trial = second(
  'default-nqn',
  'the NQN of an export that was given none',
  (bench) => ({
    'nvme-tcp-server-port': bench.port,
  }),
);
