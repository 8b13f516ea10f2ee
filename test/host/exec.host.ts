import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../src/core/clock.ts';
import { type LogFields, silentLogger } from '../../src/core/observe/logger.ts';
import { ProcessRunner } from '../../src/node/exec/process-runner.ts';
import { until } from '../support/until.ts';
import { Host } from './support/host.ts';
import { requirePrograms } from './support/requirements.ts';
import { sh } from './support/shell.ts';

requirePrograms({ 'mkfs.ext4': 'e2fsprogs', fsfreeze: 'util-linux' });
const host = new Host();
afterAll(() => host.close());

const isAlive = (pid: string): boolean => {
  if (!existsSync(`/proc/${pid}`)) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
};

describe('the process runner on a real kernel', () => {
  test('kills the grandchildren along with the program at the time limit', async () => {
    const pids = join(host.newFolder(), 'pids');
    writeFileSync(pids, '');
    const runner = new ProcessRunner(silentLogger, new SystemClock());
    const script = 'sleep 300 & echo $! >>"$1"; (sleep 300 & echo $! >>"$1"; wait) & echo $! >>"$1"; wait';
    const run = runner.run(['sh', '-c', script, 'sh', pids], {
      signal: AbortSignal.timeout(20_000),
      timeoutMs: 1_000,
    });
    await expect(run).rejects.toMatchObject({ kind: 'timeout' });
    const started = readFileSync(pids, 'utf8').trim().split('\n');
    expect(started).toHaveLength(3);
    await until('all are dead', () => !started.some(isAlive));
  });

  test('gives up on a process that cannot be killed, and logs it', async () => {
    const loop = host.newLoop(64 << 20);
    const target = host.newFolder('frozen');
    sh('mkfs.ext4', '-q', loop);
    sh('mount', loop, target);
    const errors: LogFields[] = [];
    const logger = { ...silentLogger, error: (fields: LogFields) => void errors.push(fields) };
    const runner = new ProcessRunner(logger, new SystemClock());
    sh('fsfreeze', '--freeze', target);
    try {
      const startedAt = performance.now();
      const run = runner.run(['touch', join(target, 'file')], {
        signal: AbortSignal.timeout(20_000),
        timeoutMs: 300,
      });
      await expect(run).rejects.toMatchObject({ kind: 'timeout', uncertain: true });
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(errors).toMatchObject([{ program: 'touch' }]);
    } finally {
      sh('fsfreeze', '--unfreeze', target);
      await until('the file system is free', () => Bun.spawnSync(['umount', target]).exitCode === 0);
    }
  });
});
