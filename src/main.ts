#!/usr/bin/env bun
// First of all: tsyringe looks for it when it is loaded, and the bundler may move imports of other modules.
import 'reflect-metadata';
import { run } from './commands/run.ts';

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort(new Error(name)));

const code = await run(process.argv.slice(2), {
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stop: stop.signal,
});
process.exit(code);
