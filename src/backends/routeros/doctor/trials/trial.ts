import type { Check, Finding } from '../check.ts';
import type { Bench } from './bench.ts';

/** A check that makes something on the appliance. */
export interface Trial extends Omit<Check, 'run'> {
  run(bench: Bench): Promise<Finding>;
}

export const asCheck = ({ run, ...trial }: Trial, bench: Bench): Check => ({
  ...trial,
  run: () => run(bench),
});
