import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { openDriver } from '../container.ts';
import { loadConfig } from '../load-config.ts';

/**
 * `rose-csi serve`: serves until the signal aborts, then lets running calls finish.
 * @throws ConfigError, or Error where the backend, the socket or the HTTP address cannot be had
 */
export async function serve(
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
  stop: AbortSignal,
): Promise<void> {
  const named = { ...environment, NODE_NAME: environment['NODE_NAME'] || hostname() };
  const config = loadConfig(named, flags, (path) => readFileSync(path, 'utf8'));
  const driver = await openDriver(config);
  try {
    await driver.start();
    await aborted(stop);
  } finally {
    await driver.stop();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
