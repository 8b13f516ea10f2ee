/** Where a step's line goes. */
export type Print = (line: string) => void;

/** Runs steps one after the other and prints each with its time and what it proved. */
export class Steps {
  private count = 0;

  constructor(
    private readonly print: Print,
    private readonly now: () => number,
    private readonly signal: AbortSignal,
  ) {}

  get done(): number {
    return this.count;
  }

  /**
   * @param work returns what it proves, in words; throws where it doesn't hold
   * @throws whatever the work threw, after its line is printed; the signal's reason before it is begun
   */
  async step(title: string, work: () => Promise<string>): Promise<void> {
    this.signal.throwIfAborted();
    await this.finish(title, work);
  }

  /** A step of cleaning up: it is done after an interruption too. */
  async finish(title: string, work: () => Promise<string>): Promise<void> {
    const start = this.now();
    try {
      const proof = await work();
      this.count += 1;
      this.print(`  ok    ${title.padEnd(42)} ${this.elapsed(start)}  ${proof}`);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.print(`  FAIL  ${title.padEnd(42)} ${this.elapsed(start)}  ${text}`);
      throw error;
    }
  }

  private elapsed(start: number): string {
    return `${Math.round(this.now() - start)} ms`.padStart(8);
  }
}

/** Fails a step unless something holds. */
export function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** Fails a step unless a call is refused with this gRPC code. */
export async function demandRefusal(call: Promise<unknown>, code: number, what: string): Promise<void> {
  const answer = await call.then(
    () => undefined,
    (error: { code?: number }) => error,
  );
  demand(answer?.code === code, `${what} was not refused as it should be (code ${answer?.code ?? 'OK'})`);
}
