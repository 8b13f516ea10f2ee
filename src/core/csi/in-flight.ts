import type { CsiError } from './csi-error.ts';
import type { RpcCall } from './rpc-call.ts';

/** The handlers that still run, also those whose caller has been answered already. */
export class InFlight {
  private readonly calls = new Set<RpcCall>();
  private readonly waiting: (() => void)[] = [];

  get size(): number {
    return this.calls.size;
  }

  add(call: RpcCall): void {
    this.calls.add(call);
  }

  delete(call: RpcCall): void {
    this.calls.delete(call);
    if (this.calls.size === 0) for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves once no handler runs. */
  idle(): Promise<void> {
    return this.calls.size === 0
      ? Promise.resolve()
      : new Promise<void>((resolve) => {
          this.waiting.push(resolve);
        });
  }

  abortAll(reason: CsiError): void {
    for (const call of this.calls) call.abort(reason);
  }

  /** For the log: which RPCs run. */
  methods(): string[] {
    return [...this.calls].map((call) => call.method.name);
  }
}
