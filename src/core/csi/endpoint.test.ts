import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { claimSocketPath, socketPath } from './endpoint.ts';

describe('socketPath', () => {
  test.each(['unix:///csi/csi.sock', 'unix:/csi/csi.sock', '/csi/csi.sock'])('reads %s', (endpoint) => {
    expect(socketPath(endpoint)).toBe('/csi/csi.sock');
  });

  test.each([
    ['', 'not an absolute path'],
    ['csi.sock', 'not an absolute path'],
    ['unix:csi.sock', 'not an absolute path'],
    ['unix://csi/csi.sock', 'not an absolute path'],
    ['tcp://127.0.0.1:10000', 'not an absolute path'],
    ['unix:///csi/', 'is a folder'],
    ['/a\0b', 'NUL'],
    [`/${'x'.repeat(107)}`, 'has a path of 108 bytes, more than the 107'],
    [`/${'ö'.repeat(54)}`, 'has a path of 109 bytes'],
  ])('refuses %p', (endpoint, fault) => {
    expect(() => socketPath(endpoint)).toThrow(RangeError);
    expect(() => socketPath(endpoint)).toThrow(fault);
  });

  test('a path of 107 bytes is had', () => {
    expect(socketPath(`unix:///${'x'.repeat(106)}`)).toHaveLength(107);
  });

  test('any text is a path within the limit or refused with the remedy', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((text) => `unix:///${text}`),
        ),
        (text) => {
          try {
            const path = socketPath(text);
            expect(path).toStartWith('/');
            expect(Buffer.byteLength(path)).toBeLessThan(108);
          } catch (error) {
            expect(String(error)).toContain('give unix:///path/csi.sock');
          }
        },
      ),
    );
  });
});

describe('claimSocketPath', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rose-csi-endpoint-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a free path is had', async () => {
    await claimSocketPath(join(folder, 'free.sock'));
    expect(existsSync(join(folder, 'free.sock'))).toBe(false);
  });

  test('a missing folder is named', () => {
    expect(claimSocketPath(join(folder, 'missing', 'csi.sock'))).rejects.toThrow(
      `the folder ${join(folder, 'missing')} of the CSI endpoint does not exist`,
    );
  });

  test('a file where the folder should be is named', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(claimSocketPath(join(folder, 'file', 'csi.sock'))).rejects.toThrow('is not a folder');
  });

  test.each(['regular', 'folder', 'link'])('what is not a socket is left alone: %s', async (kind) => {
    const path = join(folder, `${kind}.sock`);
    if (kind === 'regular') writeFileSync(path, 'data');
    if (kind === 'folder') mkdirSync(path);
    if (kind === 'link') symlinkSync('regular.sock', path);
    await expect(claimSocketPath(path)).rejects.toThrow(`${path} exists and is not a socket`);
    expect(existsSync(path)).toBe(true);
  });

  test('a socket that is listened on is left alone and named', async () => {
    const path = join(folder, 'live.sock');
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer((socket) => socket.destroy()).listen(path, () => resolve(listening));
    });
    await expect(claimSocketPath(path)).rejects.toThrow(`${path} is in use by a running process`);
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });

  test('the socket of a killed process is removed', async () => {
    const path = join(folder, 'stale.sock');
    const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe' });
    await child.stdout.getReader().read();
    child.kill('SIGKILL');
    await child.exited;
    expect(existsSync(path)).toBe(true);
    await claimSocketPath(path);
    expect(existsSync(path)).toBe(false);
  });
});
