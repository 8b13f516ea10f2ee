import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { createLogger, type LoggerOptions } from './pino-logger.ts';

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'debug', format: 'json', fields: {}, destination, ...options });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

describe('createLogger', () => {
  test('writes one JSON object a line with time, level, base fields and message', () => {
    const { logger, lines, parsed } = capture({ fields: { version: '1.2.3' } });
    logger.info({ volumeId: 'a/b' }, 'call handled');
    expect(lines[0]).toEndWith('}\n');
    expect(parsed()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        version: '1.2.3',
        volumeId: 'a/b',
        message: 'call handled',
      },
    ]);
  });

  test('writes nothing below its level', () => {
    const { logger, parsed } = capture({ level: 'warn' });
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({}, level);
    expect(parsed().map(({ level }) => level)).toEqual(['warn', 'error']);
  });

  test('children carry their fields, redacted', () => {
    const { logger, parsed } = capture();
    logger.child({ requestId: 'r1', password: 'hunter2' }).info({}, 'x');
    expect(parsed()[0]).toMatchObject({ requestId: 'r1', password: '[redacted]' });
  });

  test('writes bigints and errors with their causes', () => {
    const { logger, parsed } = capture();
    logger.error({ bytes: 5n, cause: new Error('outer', { cause: new Error('inner') }) }, 'x');
    expect(parsed()[0]).toMatchObject({
      bytes: '5',
      cause: { message: 'outer', cause: { message: 'inner' } },
    });
  });

  test('no secret of a request is in any line, in either format', () => {
    const secret = fc.string().map((text) => `S3cr3t-${text}-end`);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), secret), fc.constantFrom('json', 'text'), (secrets, format) => {
        const { logger, lines } = capture({ format });
        logger.child({ request: { secrets } }).info({ deep: [{ secrets }], secrets }, 'call started');
        expect(lines.join('')).not.toContain('S3cr3t');
      }),
    );
  });

  test('every line stays one line, whatever is logged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { logger, lines } = capture();
        logger.info({ text, [text]: 1 }, text);
        expect(lines).toHaveLength(1);
        expect(lines[0]?.trimEnd()).not.toContain('\n');
      }),
    );
  });

  test('writes to standard error unless told otherwise', async () => {
    const program = `
      import { createLogger } from ${JSON.stringify(`${import.meta.dir}/pino-logger.ts`)};
      createLogger({ level: 'info', format: 'json', fields: {} }).info({}, 'last words');
      process.exit(0);`;
    const child = Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe', stderr: 'pipe' });
    expect(await child.stdout.text()).toBe('');
    expect(await child.stderr.text()).toContain('last words');
  });
});
