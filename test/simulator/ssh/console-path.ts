/** What a line at the prompt asks for. */
export type ConsoleLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'run'; readonly text: string };

/** The menu that the prompt stands in: `/disk` enters it, `..` leaves it, `print` then means `/disk/print`. */
export class ConsolePath {
  private steps: readonly string[] = [];

  /** @param isMenu whether `/disk/btrfs` is a menu */
  constructor(private readonly isMenu: (path: string) => boolean) {}

  /** `/disk`, or nothing at the top. */
  get path(): string {
    return this.steps.length === 0 ? '' : `/${this.steps.join('/')}`;
  }

  read(line: string): ConsoleLine {
    const text = line.trim();
    if (text === '') return { kind: 'nothing' };
    if (text === 'quit' || text === '/quit') return { kind: 'quit' };
    const target = this.target(text);
    if (target) {
      this.steps = target;
      return { kind: 'moved' };
    }
    const absolute = /^[/:{]/.test(text) || this.steps.length === 0;
    return { kind: 'run', text: absolute ? text : `${this.path}/${text}` };
  }

  private target(text: string): readonly string[] | undefined {
    if (!/^[a-z0-9 ./-]+$/.test(text)) return undefined;
    let steps = text.startsWith('/') ? [] : this.steps;
    for (const step of text.split(/[ /]+/).filter((word) => word !== '')) {
      steps = step === '..' ? steps.slice(0, -1) : [...steps, step];
    }
    return steps.length === 0 || this.isMenu(`/${steps.join('/')}`) ? steps : undefined;
  }
}
