/** One operation that runs. */
export interface MockCall {
  readonly signal: AbortSignal;
  /** The appliance's latency; throws if it went away meanwhile, or if the signal aborts. */
  pause(): Promise<void>;
}
