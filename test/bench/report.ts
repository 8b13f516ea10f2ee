export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** The budgets of docs/architecture.md; a figure without one is only told. */
const BUDGETS: Readonly<Record<string, number>> = {
  'start to first Probe, compiled, controller': 100,
  'start to first Probe, compiled, node': 100,
  'idle RSS, compiled, controller': 75,
  'idle RSS, compiled, node': 55,
  'idle RSS, compiled, node without JIT': 55,
  'own time, CreateVolume, 100 in flight, p99': 10,
  'Probe beside CreateVolume, 100 in flight, p99': 5,
  'ListVolumes of 10000': 1000,
  'first stage, beyond losetup, mkfs and mount': 50,
  'stage again, beyond losetup and mount': 50,
};

/** A table for people; a figure beyond its budget is marked, and fails nothing: a machine's mood is no test. */
export function printTable(machine: object, figures: readonly Figure[]): void {
  process.stdout.write(`\n${JSON.stringify(machine)}\n\n`);
  for (const { name, value, unit } of figures) {
    const budget = BUDGETS[name];
    const verdict =
      budget === undefined ? '' : value <= budget ? `budget ${budget}` : `OVER the budget of ${budget}`;
    process.stdout.write(
      `  ${name.padEnd(58)} ${value.toFixed(1).padStart(9)} ${unit.padEnd(4)} ${verdict}\n`,
    );
  }
}
