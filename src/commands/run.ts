import { ConfigError } from '../config.ts';
import { VERSION } from '../version.ts';
import type { Surroundings } from './surroundings.ts';

type Command = (flags: readonly string[], surroundings: Surroundings) => Promise<number>;

/** Commands import what they need when they are run: `demo` must not cost `serve` memory, nor the reverse. */
const COMMANDS: Readonly<Record<string, Command>> = {
  serve: async (flags, { environment, stop, out }) => {
    if (wantsHelp(flags)) {
      const { serveHelp } = await import('./help.ts');
      out(serveHelp());
      return 0;
    }
    const { serve } = await import('./serve.ts');
    await serve(environment, flags, stop);
    return 0;
  },
  demo: async (flags, { out, stop }) => {
    const { demo, demoHere, DEMO_HELP } = await import('./demo/demo.ts');
    if (wantsHelp(flags)) {
      out(DEMO_HELP);
      return 0;
    }
    return demo(demoHere((line) => out(`${line}\n`), stop));
  },
  volumes: async (flags, surroundings) => {
    const { volumes } = await import('./volumes/volumes.ts');
    return volumes(flags, surroundings);
  },
  snapshots: async (flags, surroundings) => {
    const { snapshots } = await import('./snapshots/snapshots.ts');
    return snapshots(flags, surroundings);
  },
  orphans: async (flags, surroundings) => {
    const { orphans } = await import('./orphans/orphans.ts');
    return orphans(flags, surroundings);
  },
  doctor: async (flags, surroundings) => {
    const { doctor } = await import('./doctor/doctor.ts');
    return doctor(flags, surroundings);
  },
  drain: async (flags, { environment, out, stop }) => {
    const { drainHere, DRAIN_HELP } = await import('./drain.ts');
    if (wantsHelp(flags)) {
      out(DRAIN_HELP);
      return 0;
    }
    return drainHere(environment, flags, (line) => out(`${line}\n`), stop);
  },
  help: async (_, { out }) => {
    const { USAGE } = await import('./help.ts');
    out(USAGE);
    return 0;
  },
  version: async (_, { out }) => {
    out(`rose-csi ${VERSION}\n`);
    return 0;
  },
};

/**
 * Runs the command line.
 * @returns the exit code: 0, 1 where the work failed, 2 where the command line or the configuration is wrong
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const [name, flags] = commandOf(args);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    surroundings.err(`rose-csi: ${JSON.stringify(name)} is not a command; see rose-csi --help\n`);
    return 2;
  }
  try {
    return await command(flags, surroundings);
  } catch (error) {
    surroundings.err(`rose-csi: ${explain(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  }
}

/** A container's arguments are often flags alone: then the command is `serve`. */
function commandOf(args: readonly string[]): [string, readonly string[]] {
  const [first = 'serve', ...rest] = args;
  if (first === '--help' || first === '-h') return ['help', rest];
  if (first === '--version') return ['version', rest];
  return first.startsWith('-') ? ['serve', args] : [first, rest];
}

const wantsHelp = (flags: readonly string[]): boolean => flags.includes('--help') || flags.includes('-h');

function explain(error: unknown): string {
  if (error instanceof ConfigError) return [error.message, ...error.faults].join('\n  ');
  return error instanceof Error ? error.message : String(error);
}
