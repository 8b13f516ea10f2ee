import type { Results } from './results.ts';
import type { LatencyKind } from './rig.ts';
import { printRows, seconds } from './table.ts';

/** Measured with the earlier Go driver for this device, on the same class of machine; s. */
const GO_ALONE: readonly (readonly [string, number, number])[] = [
  ['create', 0.61, 1.42],
  ['delete', 0.81, 1.82],
  ['expand', 0.81, 1.82],
  ['snapshot (btrfs)', 1.01, 2.22],
];
const GO_BURSTS: readonly (readonly [string, number, number])[] = [
  ['100 creates', 0.76, 81],
  ['100 deletes', 0.98, 101],
];
const DEFAULT_SESSIONS = 8;

/** The Go driver beside ours, where both were measured. */
export function printComparison(results: Results): void {
  const rows = [
    ...GO_ALONE.map(([operation, ...go]) => row(operation, go, (kind) => aloneMs(results, operation, kind))),
    ...GO_BURSTS.map(([operation, ...go]) =>
      row(operation, go, (kind) => burst(results, operation, kind)?.wallMs),
    ),
    [
      'Probe beside 100 creates, p99',
      '',
      '',
      '20.00 s',
      told(burst(results, '100 creates', 'round trip')?.probeP99Ms),
    ],
    ['silent appliance: calls hang', '', '', '90.00 s', told(results.silence.at(-1)?.callUnderWay.ms)],
    ['appliance back: answers after', '', '', '14–25 s', told(results.silence.at(-1)?.backMs)],
  ];
  printRows(
    'Beside the Go driver. Its 100 at 200 ms per command ran 100 commands at once, which RouterOS would refuse.',
    ['', '200 ms command: Go', 'ours', '200 ms round trip: Go', 'ours'],
    rows,
  );
}

function row(
  operation: string,
  [perCommand, roundTrip]: readonly number[],
  ours: (kind: LatencyKind) => number | undefined,
): string[] {
  const go = (value = 0) => seconds(value * 1000);
  return [operation, go(perCommand), told(ours('per command')), go(roundTrip), told(ours('round trip'))];
}

const aloneMs = ({ alone }: Results, operation: string, kind: string): number | undefined =>
  alone.find((one) => one.operation === operation && one.kind === kind && one.ms === 200 && one.rested)
    ?.tookMs;

const burst = ({ bursts }: Results, operation: string, kind: string) =>
  bursts.find(
    (one) =>
      one.operation === operation && one.kind === kind && one.ms === 200 && one.sessions === DEFAULT_SESSIONS,
  );

const told = (value: number | undefined): string => (value === undefined ? 'not measured' : seconds(value));
