import { Automaton, type State } from './automaton.ts';
import { parseRegex, RegexFault, type RegexNode } from './regex-parser.ts';

/** States at most; an interval like `(x{255}){255}` asks for more. */
const STATES_MAX = 20_000;

/** A POSIX extended regular expression, for `~`. It searches in time proportional to the text. */
export class PosixRegex {
  private readonly states: State[] = [];
  private readonly automaton: Automaton;

  /** @throws RegexFault the expression is not a valid one */
  constructor(source: string) {
    const end = this.add({ next: [] });
    this.automaton = new Automaton(this.states, this.compile(parseRegex(source), end), end);
  }

  /** Whether it matches anywhere in the text. */
  test(text: string): boolean {
    return this.automaton.test(text);
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
