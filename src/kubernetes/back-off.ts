export interface BackOffLimits {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Doubles with each failure in a row up to the longest; spread over ±25 %, so that many clients do not come in step. */
export class BackOff {
  private failures = 0;

  constructor(
    private readonly limits: BackOffLimits,
    /** Uniform in [0, 1). */
    private readonly random: () => number,
  ) {}

  /** How long to wait after one more failure, ms. @param atLeastMs what the server has asked for */
  next(atLeastMs = 0): number {
    const { firstMs, longestMs } = this.limits;
    const exact = Math.min(firstMs * 2 ** Math.min(this.failures, 30), longestMs);
    this.failures += 1;
    return Math.max(exact * (0.75 + 0.5 * this.random()), atLeastMs);
  }

  reset(): void {
    this.failures = 0;
  }
}
