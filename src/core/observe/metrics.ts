/** What the gRPC edge reports of every call. `prometheus.ts` keeps it; tests pass their own. */
export interface RpcMetrics {
  /** A call has begun. @param method the RPC's name, such as `CreateVolume` */
  started(method: string): void;
  /**
   * The call has been answered.
   * @param code the gRPC code's name, such as `OK` or `NOT_FOUND`
   * @param seconds from its beginning to its answer
   */
  handled(method: string, code: string, seconds: number): void;
}

/** Keeps nothing: for tests and one-shot commands. */
export const noMetrics: RpcMetrics = { started: () => undefined, handled: () => undefined };
