import { expect, test } from 'bun:test';
import { Glob } from 'bun';
import { checksFor } from '../../src/backends/routeros/doctor/doctor.ts';
import { NOT_ANSWERED, TRIALS } from '../../src/backends/routeros/doctor/trials/trials.ts';

interface Row {
  readonly id: string;
  readonly settledBy: string;
}

const ROOT = `${import.meta.dir}/../..`;
const FOLDERS = ['src', 'test/simulator'];
const MARK = /\bASSUMED\b(?:\[([a-z-]+)\])?/g;

const CHECKS = [
  ...checksFor({
    access: { sessions: 8 },
    insecureAsked: false,
    pools: [],
    reservePercent: 5,
    ports: { mode: 'shared', port: 4420 },
    writeTests: true,
  }),
  ...TRIALS,
];
const CHECK_IDS = CHECKS.map(({ id }) => id);

const text = await Bun.file(`${ROOT}/docs/hardware-questions.md`).text();
const rows: Row[] = [...text.matchAll(/^\| `([a-z-]+)` \|(.+)\|$/gm)].map(([, id = '', rest = '']) => ({
  id,
  settledBy: rest.split('|').at(-1) ?? '',
}));
const ids = rows.map(({ id }) => id);

/** `path:line` and the id of every mark in the source. */
async function marks(): Promise<{ place: string; id: string | undefined }[]> {
  const found: { place: string; id: string | undefined }[] = [];
  for (const folder of FOLDERS) {
    for await (const path of new Glob(`${folder}/**/*.ts`).scan(ROOT)) {
      const lines = (await Bun.file(`${ROOT}/${path}`).text()).split('\n');
      for (const [at, line] of lines.entries()) {
        for (const [, id] of line.matchAll(MARK)) found.push({ place: `${path}:${at + 1}`, id });
      }
    }
  }
  return found;
}

test('every assumption in the source has an id, and a row in docs/hardware-questions.md', async () => {
  const all = await marks();
  expect(all.length).toBeGreaterThan(10);
  const unlisted = all.filter(({ id }) => id === undefined || !ids.includes(id));
  expect(unlisted.map(({ place, id }) => `${place} ASSUMED[${id ?? ''}]`)).toEqual([]);
});

test('no two rows have one id', () => {
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});

test('every row names checks of the doctor that there are, or says that it takes a person', () => {
  const wrong = rows.filter(({ settledBy }) => {
    const checks = [...settledBy.matchAll(/`([a-z-]+)`/g)].map(([, id = '']) => id);
    return checks.length === 0
      ? !settledBy.includes('by hand')
      : checks.some((id) => !CHECK_IDS.includes(id));
  });
  expect(wrong).toEqual([]);
});

test('what a check settles, and what none answers, has a row', () => {
  const named = [...CHECKS.flatMap(({ settles = [] }) => settles), ...Object.keys(NOT_ANSWERED)];
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
});
