import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { derivedIdentity, hostIdentity } from './host-identity.ts';

const ID = '11111111-2222-3333-4444-555555555555';
const NQN = `nqn.2014-08.org.nvmexpress:uuid:${ID}`;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-host-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe("the host's identity", () => {
  test('is that of its files', async () => {
    write('hostnqn', `${NQN}\n`);
    write('hostid', `${ID}\n`);
    expect(await hostIdentity(folder, 'node-1')).toEqual({ nqn: NQN, id: ID });
  });

  test('is derived as a whole where one of the files is absent or empty', async () => {
    expect(await hostIdentity(join(folder, 'absent'), 'node-1')).toEqual(derivedIdentity('node-1'));
    write('hostnqn', `${NQN}\n`);
    expect(await hostIdentity(folder, 'node-1')).toEqual(derivedIdentity('node-1'));
    write('hostid', '\n');
    expect(await hostIdentity(folder, 'node-1')).toEqual(derivedIdentity('node-1'));
  });

  test.each([
    ['hostid', 'no uuid', 'UUID'],
    ['hostnqn', 'nqn.2014-08.org.nvmexpress:uuid:1,hostid=2', 'NQN'],
  ])('is an error where %s holds something else', async (name, text, what) => {
    write(name, text);
    await expect(hostIdentity(folder, 'node-1')).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining(what),
    });
  });

  test('is an error where a file cannot be read', async () => {
    mkdirSync(join(folder, 'hostid'));
    await expect(hostIdentity(folder, 'node-1')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('the derived identity', () => {
  test('is the same for a name always, and another for another', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(derivedIdentity(a)).toEqual(derivedIdentity(a));
        expect(derivedIdentity(a).id === derivedIdentity(b).id).toBe(a === b);
        expect(derivedIdentity(a).id).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        expect(derivedIdentity(a).nqn).toBe(`nqn.2014-08.org.nvmexpress:uuid:${derivedIdentity(a).id}`);
      }),
    );
  });

  test('never changes from one version of the driver to the next', () => {
    expect(derivedIdentity('node-1').id).toBe('a4be99b9-3c5a-863b-a5b3-08d893139e1c');
  });
});
