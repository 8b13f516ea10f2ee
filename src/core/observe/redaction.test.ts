import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RecordingLogger } from '../../../test/support/recording-logger.ts';
import { isSecretName, Redacted, redact, ScrubbingLogger, secretScrub } from './redaction.ts';

const shown = (value: unknown): string => JSON.stringify(redact(value));

describe('redact', () => {
  test('hides every map named secrets, however deep, and leaves the rest', () => {
    expect(redact({ name: 'pvc-1', inner: [{ secrets: { pass: 'hunter2' } }] })).toEqual({
      name: 'pvc-1',
      inner: [{ secrets: '[redacted]' }],
    });
  });

  test.each([
    'password',
    'Passphrase',
    'RDS_PRIVATE_KEY',
    'privateKey',
    'api-key',
    'Authorization',
    'credentials',
    'token',
    'csi.storage.k8s.io/serviceAccount.tokens',
  ])('hides what is called %s', (name) => {
    expect(isSecretName(name)).toBe(true);
    expect(redact({ [name]: 'hunter2' })).toEqual({ [name]: '[redacted]' });
  });

  test.each(['startingToken', 'starting_token', 'nextToken', 'name', 'key', 'volumeId'])(
    'shows %s',
    (name) => {
      expect(redact({ [name]: 'visible' })).toEqual({ [name]: 'visible' });
    },
  );

  test('an absent secret is shown as absent', () => {
    expect(redact({ secrets: undefined, password: null })).toEqual({ secrets: undefined, password: null });
  });

  test('writes bigints as decimal text and bytes as their number', () => {
    expect(redact({ size: 1n << 60n, data: new Uint8Array(7) })).toEqual({
      size: '1152921504606846976',
      data: '[7 bytes]',
    });
  });

  test('writes errors with stack, own fields and causes', () => {
    const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { kind: 'invalid' });
    expect(redact(error)).toEqual({
      name: 'TypeError',
      message: 'outer',
      kind: 'invalid',
      stack: expect.stringContaining('outer'),
      cause: { name: 'Error', message: 'inner', stack: expect.any(String) },
    });
  });

  test('hides a secret field of an error', () => {
    expect(shown(Object.assign(new Error('no'), { password: 'hunter2' }))).not.toContain('hunter2');
  });

  test('reads maps, sets and values with a JSON form', () => {
    expect(redact([new Map([['password', 'hunter2']]), new Set([1]), new Date(0)])).toEqual([
      { password: '[redacted]' },
      [1],
      '1970-01-01T00:00:00.000Z',
    ]);
  });

  test('shortens long text and long lists and names functions', () => {
    const { text, list, map, call } = redact({
      text: 'x'.repeat(10_000),
      list: Array.from({ length: 150 }, (_, at) => at),
      map: Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`k${at}`, at])),
      call: () => 1,
    }) as { text: string; list: unknown[]; map: object; call: string };
    expect(text).toEndWith('… (10000 characters)');
    expect(list).toHaveLength(101);
    expect(list.at(-1)).toBe('… 50 more');
    expect(Object.keys(map)).toHaveLength(101);
    expect(call).toBe('[function]');
  });

  test('survives cycles and depth', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(redact(cycle)).toEqual({ self: '[circular]' });
    let deep: unknown = 'bottom';
    for (let at = 0; at < 20; at++) deep = [deep];
    expect(shown(deep)).toContain('[too deep]');
  });

  test('whatever a request is, its secrets are not in the line', () => {
    const secret = fc.string({ minLength: 4 }).map((text) => `S3cr3t-${text}-${text.length}`);
    const request = fc.record({
      name: fc.string(),
      parameters: fc.dictionary(fc.string(), fc.string()),
      secrets: fc.dictionary(fc.string(), secret, { minKeys: 1 }),
    });
    fc.assert(
      fc.property(request, fc.array(fc.string()), (value, path) => {
        const nested = path.reduce<unknown>((inner, key) => ({ [key]: inner }), value);
        for (const text of Object.values(value.secrets)) {
          expect(shown(nested)).not.toContain(JSON.stringify(text).slice(1, -1));
        }
      }),
    );
  });

  test('any value becomes JSON', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withMap: true, withSet: true }), (value) => {
        expect(() => JSON.stringify(redact({ value }))).not.toThrow();
      }),
    );
  });
});

describe('Redacted', () => {
  test('redacts when it is written, and shows nothing before', () => {
    const wrapped = new Redacted({ secrets: { pass: 'hunter2' }, name: 'pvc-1' });
    expect(Object.keys(wrapped)).toEqual([]);
    expect(JSON.stringify(wrapped)).toBe('{"secrets":"[redacted]","name":"pvc-1"}');
  });
});

describe('secretScrub', () => {
  test('there is nothing to scrub without secrets', () => {
    for (const request of [undefined, null, 'text', {}, { secrets: {} }, { secrets: null }]) {
      expect(secretScrub(request)).toBeUndefined();
    }
  });

  test('values too short to be told from text are left', () => {
    expect(secretScrub({ secrets: { flag: 'yes' } })).toBeUndefined();
  });

  test('removes a value as it is, trimmed, and escaped as in JSON', () => {
    const scrub = secretScrub({ secrets: { pass: ' open "sesame"\n' } });
    for (const text of [' open "sesame"\n', 'open "sesame"', JSON.stringify(' open "sesame"\n')]) {
      expect(scrub?.(`failed: ${text}.`)).not.toContain('sesame');
    }
  });

  test('no value is left in any text', () => {
    const values = fc.array(
      fc.string({ minLength: 4 }).map((text) => `<${text}>`),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(values, fc.string(), fc.string(), (secrets, before, after) => {
        const scrub = secretScrub({ secrets: { ...secrets } });
        for (const secret of secrets) {
          expect(scrub?.(`${before}${secret}${after}`).includes(secret)).toBe(false);
        }
      }),
    );
  });
});

describe('ScrubbingLogger', () => {
  test('removes the values from messages, fields, errors and children of every level', () => {
    const target = new RecordingLogger();
    const logger = new ScrubbingLogger(target, (text) => text.replaceAll('hunter2', '[redacted]'));
    const fields = { argv: ['--key', 'hunter2'], cause: new Error('hunter2 is wrong') };
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level](fields, 'with hunter2');
    logger.child({ key: 'hunter2' }).info({}, 'child');
    expect(target.lines).toHaveLength(5);
    expect(target.text()).not.toContain('hunter2');
    expect(target.lines[0]?.message).toBe('with [redacted]');
  });
});
