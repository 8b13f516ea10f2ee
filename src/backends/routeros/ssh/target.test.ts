import { describe, expect, test } from 'bun:test';
import { makeKeyPair } from '../../../../test/support/ssh/keys.ts';
import { DEFAULT_TIMINGS, type SshSettings } from './ssh-settings.ts';
import { targetOf } from './target.ts';

const base: SshSettings = { name: 'rds', address: 'rds.example', port: 22, user: 'rose-csi', password: 'p' };

describe('the settings', () => {
  test('without a host key are refused, unless the insecure mode is asked for by name', () => {
    expect(() => targetOf(base)).toThrow(/appliance rds: no host key is set/);
    expect(() => targetOf({ ...base, insecureHostKey: false })).toThrow(/no host key/);
    expect(targetOf({ ...base, insecureHostKey: true }).hostKey).toBeUndefined();
  });

  test('with a host key check it, insecure mode or not', () => {
    const hostKey = makeKeyPair().fingerprint;
    expect(targetOf({ ...base, hostKey, insecureHostKey: true }).hostKey?.fingerprint).toBe(hostKey);
  });

  test('without any way to log in are refused', () => {
    const { password, ...rest } = base;
    expect(password).toBe('p');
    expect(() => targetOf({ ...rest, insecureHostKey: true })).toThrow(
      /neither a private key nor a password/,
    );
  });

  test('notice a dead peer within 15 s by default, by TCP and by ourselves', () => {
    const { probeAfterMs, probeTimeoutMs, keepaliveMs } = DEFAULT_TIMINGS;
    expect(probeAfterMs + probeTimeoutMs).toBeLessThan(15_000);
    expect(keepaliveMs + 10_000).toBeLessThan(15_000);
  });
});
