import { IMPORTED_SCENARIOS } from './imported-scenarios.ts';
import { LIST_SCENARIOS } from './list-scenarios.ts';
import { PUBLICATION_SCENARIOS } from './publication-scenarios.ts';
import { REMAINS_SCENARIOS } from './remains-scenarios.ts';
import type { Scenario } from './scenario.ts';
import { SNAPSHOT_SCENARIOS } from './snapshot-scenarios.ts';
import { VOLUME_SCENARIOS } from './volume-scenarios.ts';

/** Every operation of the port, in each of the situations that make it do something else. */
export const SCENARIOS: readonly Scenario[] = [
  ...VOLUME_SCENARIOS,
  ...PUBLICATION_SCENARIOS,
  ...SNAPSHOT_SCENARIOS,
  ...IMPORTED_SCENARIOS,
  ...LIST_SCENARIOS,
  ...REMAINS_SCENARIOS,
];
