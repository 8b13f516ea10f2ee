import { expect, test } from 'bun:test';
import { SCHEMA_VERSIONS, schemaOf } from './schema.ts';

const having = (check: (schema: ReturnType<typeof schemaOf>) => boolean) =>
  SCHEMA_VERSIONS.filter((version) => check(schemaOf(version)));

test('what a version brought is there from that version on', () => {
  expect(having((s) => s.hasArgument('/disk', 'add', 'nvme-tcp-server-nqn'))).toEqual([
    '7.21.5',
    '7.22.3',
    '7.23.3',
    '7.24',
  ]);
  expect(having((s) => s.hasCommand('/disk', 'trim'))).toEqual(['7.22.3', '7.23.3', '7.24']);
  expect(having((s) => s.hasCommand('/file', 'copy'))).toEqual(['7.23.3', '7.24']);
  expect(having((s) => s.hasCommand('/disk', 'check'))).toEqual(['7.23.3', '7.24']);
  expect(having((s) => s.hasArgument('/disk', 'print', 'order-by'))).toEqual(['7.24']);
  expect(having((s) => s.hasArgument('/disk', 'add', 'nvme-tcp-server-port'))).toEqual([...SCHEMA_VERSIONS]);
});

test('a menu, and each folder on the way to it, is a menu; anything else is none', () => {
  const schema = schemaOf('7.24');
  for (const path of ['/', '/disk', '/disk/btrfs', '/disk/btrfs/subvolume', '/system', '/ip/service']) {
    expect(schema.isMenu(path)).toBe(true);
  }
  for (const path of ['', '/disks', '/disk/', 'disk', '/disk/btrfs/snapshot']) {
    expect(schema.isMenu(path)).toBe(false);
  }
  expect(schema.hasCommand('/disk/btrfs', 'print')).toBe(false);
  expect(schema.hasArgument('/disk', 'add', '')).toBe(false);
});

test('versions are compared by number', () => {
  expect(schemaOf('7.24').isAtLeast(7, 24)).toBe(true);
  expect(schemaOf('7.24').isAtLeast(7, 9)).toBe(true);
  expect(schemaOf('7.20.8').isAtLeast(7, 21)).toBe(false);
});

test('a version without a schema is refused, with the ones there are', () => {
  expect(() => schemaOf('7.19')).toThrow('7.20.8, 7.21.5');
});
