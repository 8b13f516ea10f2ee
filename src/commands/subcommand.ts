import type { Surroundings } from './surroundings.ts';

/** @returns the exit code @throws ConfigError */
export type Subcommand = (args: readonly string[], surroundings: Surroundings) => Promise<number>;
