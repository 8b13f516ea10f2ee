/** What the parser knows of a variable: `outside` is one of a function's surroundings, which it cannot reach. */
export type Knowledge = 'local' | 'global' | 'outside' | 'unknown';

/**
 * The variables that are declared where the parser stands. A block sees what encloses it; a function sees nothing but
 * its own and its parameters, which need no declaration (manual, «Functions»).
 */
export class Names {
  private readonly own = new Map<string, 'local' | 'global'>();

  constructor(
    private readonly outer?: Names,
    readonly kind: 'block' | 'function' = 'block',
  ) {}

  declare(name: string, as: 'local' | 'global'): void {
    this.own.set(name, as);
  }

  knows(name: string): Knowledge {
    const own = this.own.get(name);
    if (own || !this.outer) return own ?? 'unknown';
    const beyond = this.outer.knows(name);
    if (this.kind === 'block') return beyond;
    return beyond === 'local' || beyond === 'outside' ? 'outside' : 'unknown';
  }

  /** Whether undeclared names may be parameters here. */
  get inFunction(): boolean {
    return this.kind === 'function' || (this.outer?.inFunction ?? false);
  }
}
