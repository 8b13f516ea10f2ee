import { describe, expect, test } from 'bun:test';
import { readCommandLine, USAGE, UsageError } from './command-line.ts';

describe('the command line', () => {
  test('has something sensible for everything', () => {
    expect(readCommandLine([])).toMatchObject({
      ...{
        version: '7.22.3',
        identity: 'rds',
        host: '127.0.0.1',
        port: 2222,
        maxSessions: 20,
        roundTripMs: 0,
      },
      pools: [
        { slot: 'pool1', fs: 'btrfs', bytes: 1024n ** 4n },
        { slot: 'pool2', fs: 'xfs', bytes: 1024n ** 4n },
      ],
      latency: { perCommandMs: 0 },
    });
    expect(readCommandLine([])?.stateFolder).toBeUndefined();
    expect(readCommandLine([])?.controlPort).toBeUndefined();
  });

  test('takes pools, users, latency and the rest', () => {
    const asked = readCommandLine([
      ...['--version', '7.24', '--pool', 'raid10:xfs:8TiB', '--pool=b:btrfs:10GiB', '--user', 'admin:a:b'],
      ...['--user-key', 'me=/key.pub', '--latency', '150-250', '--control-port', '0', '--state', '/state'],
    ]);
    expect(asked).toMatchObject({
      version: '7.24',
      pools: [
        { slot: 'raid10', fs: 'xfs' },
        { slot: 'b', bytes: 10n * 1024n ** 3n },
      ],
      users: [{ name: 'admin', password: 'a:b' }],
      latency: { perCommandMs: { min: 150, max: 250 } },
      controlPort: 0,
      stateFolder: '/state',
    });
    expect([...(asked?.userKeyFiles ?? [])]).toEqual([['me', '/key.pub']]);
  });

  test('takes assumptions one by one, or the kind ones all at once', () => {
    const words = ['existingImage=adopted', 'wrapPutAt=80', 'falseFlags=false', 'deadSession=runs-on'];
    const asked = readCommandLine(words.flatMap((word) => ['--assume', word]));
    expect(asked?.assumptions).toMatchObject({ existingImage: 'adopted', wrapPutAt: 80, shrink: 'refused' });
    expect(asked?.ssh).toMatchObject({ deadSession: 'runs-on', parallelChannels: 'one-at-a-time' });
    expect(readCommandLine(['--kind'])?.assumptions.shrink).toBe('done');
  });

  test.each([
    [['--nonsense']],
    [['--port', 'ssh']],
    [['--pool', 'a:ntfs:1TiB']],
    [['--version', '6.49']],
    [['--latency', '-5']],
    [['--user', 'admin']],
    [['--assume', 'nothing=1']],
    [['--assume', 'wrapPutAt=wide']],
    [['--assume', 'shrink=perhaps']],
  ])('refuses %p', (words) => {
    expect(() => readCommandLine(words)).toThrow(UsageError);
  });

  test('gives way to help, which names every assumption', () => {
    expect(readCommandLine(['--help'])).toBeUndefined();
    expect(USAGE).toContain('existingImage');
    expect(USAGE).toContain('parallelChannels');
  });
});
