import { parseRegex, RegexFault, type RegexNode } from './regex-parser.ts';

/** One state of the automaton: it reads a character or asserts a place, or only leads on. */
interface State {
  readonly accepts?: (char: string) => boolean;
  readonly asserts?: 'start' | 'end';
  next: number[];
}

/** States at most; an interval like `(x{255}){255}` asks for more. */
const STATES_MAX = 20_000;

/**
 * A POSIX extended regular expression, for `~`. It searches in time proportional to the text, whatever the expression:
 * all ways to match are followed at once, none is tried again.
 */
export class PosixRegex {
  private readonly states: State[] = [];
  private readonly start: number;
  private readonly end: number;

  /** @throws RegexFault the expression is not a valid one */
  constructor(source: string) {
    this.end = this.add({ next: [] });
    this.start = this.compile(parseRegex(source), this.end);
  }

  /** Whether it matches anywhere in the text. */
  test(text: string): boolean {
    const chars = [...text];
    let active = new Set<number>();
    for (let at = 0; at <= chars.length; at++) {
      this.reach(this.start, at, chars.length, active);
      if (active.has(this.end)) return true;
      const char = chars[at];
      if (char === undefined) return false;
      active = this.step(active, char, at + 1, chars.length);
    }
    return false;
  }

  private step(active: ReadonlySet<number>, char: string, at: number, length: number): Set<number> {
    const following = new Set<number>();
    for (const index of active) {
      const state = this.states[index];
      if (state?.accepts?.(char)) for (const next of state.next) this.reach(next, at, length, following);
    }
    return following;
  }

  /** Adds a state and those that it leads to without reading. */
  private reach(from: number, at: number, length: number, active: Set<number>): void {
    const open = [from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const state = this.states[index];
      if (!state || active.has(index)) continue;
      if (state.asserts === 'start' && at !== 0) continue;
      if (state.asserts === 'end' && at !== length) continue;
      active.add(index);
      if (!state.accepts) open.push(...state.next);
    }
  }

  private add(state: State): number {
    if (this.states.length >= STATES_MAX) throw new RegexFault('regular expression is too large');
    return this.states.push(state) - 1;
  }

  /** Builds the states for a node that lead to `then`, and returns the first of them. */
  private compile(node: RegexNode, then: number): number {
    switch (node.kind) {
      case 'set':
        return this.add({ accepts: node.accepts, next: [then] });
      case 'anchor':
        return this.add({ asserts: node.at, next: [then] });
      case 'sequence':
        return node.parts.reduceRight((next, part) => this.compile(part, next), then);
      case 'choice':
        return this.add({ next: node.parts.map((part) => this.compile(part, then)) });
      case 'repeat':
        return this.repeat(node, then);
    }
  }

  private repeat({ part, least, most }: RegexNode & { kind: 'repeat' }, then: number): number {
    let next = then;
    if (most === Number.POSITIVE_INFINITY) {
      const loop: State = { next: [] };
      next = this.add(loop);
      loop.next = [this.compile(part, next), then];
    } else {
      for (let count = least; count < most; count++)
        next = this.add({ next: [this.compile(part, next), then] });
    }
    for (let count = 0; count < least; count++) next = this.compile(part, next);
    return next;
  }
}
