/** `make demo-routeros`: exit code 1 where a step failed, or anything was left behind. Ctrl-C undoes what was done. */
import { demoRouteros } from './demo-routeros.ts';

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort(new Error(name)));

process.exit(
  await demoRouteros({
    print: (line) => process.stdout.write(`${line}\n`),
    signal: stop.signal,
    command: [process.execPath, 'src/main.ts'],
  }),
);
