import type { ErrorKind } from '../../core/driver-error.ts';
import { BackendError } from '../../core/storage/backend-error.ts';
import type { StorageBackend } from '../../core/storage/storage-backend.ts';

/** The port's operations: what can be late or fail. */
export type Operation = Exclude<keyof StorageBackend, 'name' | 'capabilities' | 'health' | 'close'>;

export interface FaultRule {
  readonly operation: Operation;
  /** Only for this slot or CSI name; undefined: for all. */
  readonly subject?: string;
  /** The first matching call that fails, counted from 1 (the default). */
  readonly nth?: number;
  /** So many calls in a row fail; default 1. */
  readonly times?: number;
  /** `before`: nothing was done. `after`: done, but the reply was lost: `unavailable` with `uncertain`. */
  readonly when: 'before' | 'after';
  /** For `before`; default `unavailable`. */
  readonly kind?: ErrorKind;
}

/** Faults by rule, each counted on its own. */
export class FaultPlan {
  private readonly rules: { readonly rule: FaultRule; calls: number }[] = [];

  constructor(rules: readonly FaultRule[] = []) {
    for (const rule of rules) this.add(rule);
  }

  add(rule: FaultRule): void {
    this.rules.push({ rule, calls: 0 });
  }

  clear(): void {
    this.rules.length = 0;
  }

  /** Counts a call, and gives the fault that it meets: `before` throws at once, `after` when called later. */
  meet(operation: Operation, subjects: readonly string[]): { readonly after: () => void } {
    const hits = this.rules.filter((entry) => this.hits(entry, operation, subjects)).map(({ rule }) => rule);
    const before = hits.find(({ when }) => when === 'before');
    if (before) {
      throw new BackendError(before.kind ?? 'unavailable', `injected fault before ${operation}; try again`);
    }
    const lost = hits.length > 0;
    return {
      after: () => {
        if (!lost) return;
        const message = `injected fault: the reply of ${operation} was lost; try again`;
        throw new BackendError('unavailable', message, { uncertain: true });
      },
    };
  }

  private hits(
    entry: { readonly rule: FaultRule; calls: number },
    operation: Operation,
    subjects: readonly string[],
  ): boolean {
    const { operation: wanted, subject, nth = 1, times = 1 } = entry.rule;
    if (operation !== wanted || (subject !== undefined && !subjects.includes(subject))) return false;
    entry.calls += 1;
    return entry.calls >= nth && entry.calls < nth + times;
  }
}
