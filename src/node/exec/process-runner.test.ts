import { describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { recordedSpans } from '../../../test/support/recorded-spans.ts';
import { RecordingLogger } from '../../../test/support/recording-logger.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, SystemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/observe/logger.ts';
import { NodeError } from '../node-error.ts';
import type { RunOptions } from './command-runner.ts';
import { ProcessRunner } from './process-runner.ts';

const runner = new ProcessRunner(silentLogger, new SystemClock());
const options = (): RunOptions => ({ signal: AbortSignal.timeout(20_000) });
const sh = (script: string, ...args: string[]) => ['sh', '-c', script, 'sh', ...args] as const;

describe('a command that ends', () => {
  test('gives its exit code and what it printed', async () => {
    const result = await runner.run(sh('echo out; echo err >&2; exit 7'), options());
    expect(result).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('gets its arguments as they are', async () => {
    const odd = ["it's", '$HOME', 'a b', '*', '"', 'ü\n'];
    const result = await runner.run(['printf', '%s|', ...odd], options());
    expect(result.stdout).toBe(odd.map((word) => `${word}|`).join(''));
  });

  test('reads its standard input, which is empty by default', async () => {
    const stdin = new TextEncoder().encode('secret ü');
    expect((await runner.run(['cat'], { ...options(), stdin })).stdout).toBe('secret ü');
    expect((await runner.run(['cat'], options())).stdout).toBe('');
  });

  test('sees nothing of our environment, and speaks the C locale', async () => {
    const { stdout } = await runner.run(['env'], options());
    const names = stdout.trim().split('\n').sort();
    expect(names.map((line) => line.split('=')[0])).toEqual(['DM_DISABLE_UDEV', 'LC_ALL', 'PATH']);
    expect(names).toContain('LC_ALL=C');
  });

  test('does not fail when it ignores a long input', async () => {
    const stdin = new Uint8Array(2 << 20);
    expect((await runner.run(['true'], { ...options(), stdin })).exitCode).toBe(0);
  });

  test('is logged with arguments and exit code, never with its input', async () => {
    const logger = new RecordingLogger();
    const stdin = new TextEncoder().encode('s3cret');
    await new ProcessRunner(logger, new SystemClock()).run(sh('exit 3', 'x'), { ...options(), stdin });
    expect(logger.lines).toMatchObject([
      { level: 'debug', fields: { program: 'sh', args: ['-c', 'exit 3', 'sh', 'x'], exitCode: 3 } },
    ]);
    expect(logger.text()).not.toContain('s3cret');
  });
});

describe('a command that cannot be run to its end', () => {
  const failure = async (argv: readonly [string, ...string[]], more: Partial<RunOptions> = {}) => {
    const error = await runner.run(argv, { ...options(), ...more }).catch((thrown: unknown) => thrown);
    if (!(error instanceof NodeError)) throw new Error(`no NodeError: ${String(error)}`);
    return error;
  };

  test('names the package of a program that is not installed', async () => {
    expect(await failure(['xfs_absent'])).toMatchObject({
      kind: 'unsupported',
      message: 'xfs_absent is not installed; install the package xfsprogs',
    });
    expect((await failure(['no-such-program'])).message).toContain('the package no-such-program');
  });

  test('says that a file may not be executed', async () => {
    expect(await failure(['/etc/passwd'])).toMatchObject({ kind: 'permission' });
  });

  test('says why a program could not be started', async () => {
    expect(await failure(['true', 'x'.repeat(4 << 20)])).toMatchObject({ kind: 'unavailable' });
  });

  test('is killed at its time limit, with what it started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rose-csi-runner-'));
    const pidFile = join(folder, 'pid');
    const clock = new ManualClock();
    const pending = new ProcessRunner(silentLogger, clock)
      .run(sh('sleep 300 & echo $! >"$1.new"; mv "$1.new" "$1"; wait', pidFile), {
        ...options(),
        timeoutMs: 400,
      })
      .catch((thrown: unknown) => thrown);
    await until('the grandchild is started', () => existsSync(pidFile));
    const pid = readFileSync(pidFile, 'utf8').trim();
    expect(isAlive(pid)).toBe(true);
    clock.advance(400);
    expect(await pending).toMatchObject({
      kind: 'timeout',
      uncertain: true,
      message: 'sh did not end within 400 ms and was killed',
    });
    await until('the grandchild is dead', () => !isAlive(pid));
    rmSync(folder, { recursive: true });
  });

  test('is killed when the caller gives up', async () => {
    const cancel = new AbortController();
    const pending = failure(['sleep', '300'], { signal: cancel.signal });
    const reason = new Error('the caller is gone');
    cancel.abort(reason);
    expect(await pending).toMatchObject({ kind: 'timeout', message: 'sleep was cancelled', cause: reason });
  });

  test('is not started at all when the caller gave up before', async () => {
    expect(await failure(['no-such-program'], { signal: AbortSignal.abort() })).toMatchObject({
      kind: 'timeout',
    });
  });

  test('is killed when it prints without end', async () => {
    expect(await failure(['yes'])).toMatchObject({
      kind: 'protocol',
      message: 'yes printed more than 1048576 bytes',
    });
  });

  test('is an uncertain failure when somebody else killed it', async () => {
    expect(await failure(sh('kill -9 $$'))).toMatchObject({ kind: 'unavailable', uncertain: true });
  });

  test('is a span with its name and exit code, and without its arguments', async () => {
    const spans = await recordedSpans(() => runner.run(['sh', '-c', 'exit 3'], options()));
    expect(spans.map(({ name }) => name)).toEqual(['run sh']);
    expect(spans[0]?.attributes).toEqual({ 'process.executable.name': 'sh', 'process.exit.code': 3 });
  });

  test('is left behind, and logged, when it does not even die', async () => {
    const logger = new RecordingLogger();
    const impatient = new ProcessRunner(logger, new ImpatientClock());
    await expect(impatient.run(['sleep', '300'], options())).rejects.toMatchObject({ kind: 'timeout' });
    expect(logger.lines.map((line) => [line.level, line.fields['program']])).toEqual([
      ['error', 'sleep'],
      ['debug', 'sleep'],
    ]);
  });
});

/** For it every wait is over at once: no process dies that fast. */
class ImpatientClock extends SystemClock implements Clock {
  override async sleep(): Promise<void> {}
}

/** A zombie is dead; whoever adopted it reaps it when he likes. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
