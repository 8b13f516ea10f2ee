import type { Alone } from './alone.ts';
import type { Burst } from './bursts.ts';
import type { Listing } from './listing.ts';
import type { OwnTime } from './own-time.ts';
import type { Silence } from './silence.ts';

export interface Results {
  readonly machine: object;
  readonly at: string;
  readonly alone: readonly Alone[];
  readonly bursts: readonly Burst[];
  readonly ownTime: readonly OwnTime[];
  readonly listings: readonly Listing[];
  readonly silence: readonly Silence[];
}
