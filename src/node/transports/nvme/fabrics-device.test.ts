import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelFabrics } from './fabrics-device.ts';

const OPTIONS = 'transport=tcp,nqn=x';
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rose-csi-fabrics-'));
  path = join(folder, 'nvme-fabrics');
});
afterEach(() => rmSync(folder, { recursive: true }));

const signal = () => AbortSignal.timeout(5_000);

/** A file is read on from where the write ended, so what stands there is the answer. */
const answering = (text: string) => writeFileSync(path, `${'.'.repeat(OPTIONS.length)}${text}`);

describe('the fabrics device', () => {
  test('takes the options in one write, and gives the instance', async () => {
    answering('instance=12,cntlid=3\n');
    expect(await new KernelFabrics(path).connect(OPTIONS, signal())).toBe(12);
    expect(readFileSync(path, 'utf8')).toStartWith(OPTIONS);
  });

  test.each(['', 'cntlid=3', 'instance=x,cntlid=1'])('is not understood when it says %p', async (text) => {
    answering(text);
    await expect(new KernelFabrics(path).connect(OPTIONS, signal())).rejects.toBeInstanceOf(RangeError);
  });

  test('fails as the system says', async () => {
    await expect(new KernelFabrics(path).connect(OPTIONS, signal())).rejects.toMatchObject({
      code: 'ENOENT',
    });
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(new KernelFabrics(path).connect(OPTIONS, stopped)).rejects.toThrow('stopped');
  });
});
