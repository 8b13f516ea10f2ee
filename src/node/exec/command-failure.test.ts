import { describe, expect, test } from 'bun:test';
import { failureText } from './command-failure.ts';

describe('the text of a command failure', () => {
  test('is the exit code and what the program said, on one line', () => {
    const result = { exitCode: 32, stdout: 'ignored', stderr: 'mount: wrong fs type\n  try dmesg\n' };
    expect(failureText(result)).toBe('exit code 32: mount: wrong fs type; try dmesg');
  });

  test('falls back to standard output, and to the bare code', () => {
    expect(failureText({ exitCode: 1, stdout: 'no\n', stderr: '' })).toBe('exit code 1: no');
    expect(failureText({ exitCode: 1, stdout: '', stderr: '\n' })).toBe('exit code 1');
  });

  test('is cut where the program says too much', () => {
    expect(failureText({ exitCode: 1, stdout: '', stderr: 'x'.repeat(9_999) }).length).toBeLessThan(600);
  });
});
