/** One state of the automaton: it reads a character or asserts a place, or only leads on. */
export interface State {
  readonly accepts?: (char: string) => boolean;
  readonly asserts?: 'start' | 'end';
  next: number[];
}

/** All that may be the case at a place of the text. */
interface Place {
  /** Those that read what comes next. */
  readonly readers: readonly State[];
  /** The end was reached, whatever comes. */
  readonly matched: boolean;
  /** The end is reached if the text ends here. */
  readonly matchedAtEnd: boolean;
  readonly following: Map<string, Place>;
}

/** Places that are kept at most; beyond, all are forgotten and found again. */
const PLACES_MAX = 2_000;

/**
 * Searches with all ways to match followed at once, none tried again: in time proportional to the text, whatever the
 * expression. A place that was met before is not worked out again, since a `where` asks many similar texts.
 */
export class Automaton {
  private readonly places = new Map<string, Place>();
  private first: Place | undefined;

  constructor(
    private readonly states: readonly State[],
    private readonly start: number,
    private readonly end: number,
  ) {}

  /** Whether it matches anywhere in the text. */
  test(text: string): boolean {
    this.first ??= this.place([this.start], true);
    let place = this.first;
    for (const char of text) {
      if (place.matched) return true;
      place = place.following.get(char) ?? this.follow(place, char);
    }
    return place.matchedAtEnd;
  }

  private follow(place: Place, char: string): Place {
    const reached = new Set([this.start]);
    for (const state of place.readers) {
      if (state.accepts?.(char)) for (const next of state.next) reached.add(next);
    }
    const indexes = [...reached].sort((a, b) => a - b);
    const key = indexes.join(' ');
    if (this.places.size >= PLACES_MAX) this.forget();
    const following = this.places.get(key) ?? this.place(indexes, false);
    this.places.set(key, following);
    place.following.set(char, following);
    return following;
  }

  /** Places refer to one another: all go, and whoever still has one finds the others anew. */
  private forget(): void {
    for (const { following } of this.places.values()) following.clear();
    this.first?.following.clear();
    this.places.clear();
  }

  private place(indexes: readonly number[], atStart: boolean): Place {
    const reached = this.closure(indexes, atStart, false);
    return {
      readers: [...reached].flatMap((index) => {
        const state = this.states[index];
        return state?.accepts ? [state] : [];
      }),
      matched: reached.has(this.end),
      matchedAtEnd: this.closure(indexes, atStart, true).has(this.end),
      following: new Map(),
    };
  }

  /** These states and those that they lead to without reading. */
  private closure(indexes: readonly number[], atStart: boolean, atEnd: boolean): Set<number> {
    const reached = new Set<number>();
    const open = [...indexes];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const state = this.states[index];
      if (!state || reached.has(index)) continue;
      if (state.asserts === 'start' && !atStart) continue;
      if (state.asserts === 'end' && !atEnd) continue;
      reached.add(index);
      if (!state.accepts) open.push(...state.next);
    }
    return reached;
  }
}
