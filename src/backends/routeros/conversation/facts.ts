/** What a connection learns of the appliance before it serves calls. */
export interface ApplianceFacts {
  /** Such as `7.24`. */
  readonly version: string;
  readonly identity: string;
  /** The appliance's uptime in whole seconds, read at {@link readAt}. */
  readonly uptimeS: number;
  /** Monotonic time of this process, ms. */
  readonly readAt: number;
  /** Of the appliance's local time from UTC, s. */
  readonly gmtOffsetS: number;
}
