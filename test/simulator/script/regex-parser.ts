export type RegexNode =
  | { readonly kind: 'set'; readonly accepts: (char: string) => boolean }
  | { readonly kind: 'anchor'; readonly at: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly part: RegexNode; readonly least: number; readonly most: number };

/** POSIX's RE_DUP_MAX. */
const REPEAT_MAX = 255;
const DEPTH_MAX = 200;
/** Members as ranges: pairs of first and last character. */
const CLASSES: Record<string, string> = {
  alnum: '09AZaz',
  alpha: 'AZaz',
  blank: '  \t\t',
  cntrl: '\0\x1f\x7f\x7f',
  digit: '09',
  graph: '!~',
  lower: 'az',
  print: ' ~',
  punct: '!/:@[`{~',
  space: '  \t\r',
  upper: 'AZ',
  xdigit: '09AFaf',
};

/** A regular expression that POSIX does not know. */
export class RegexFault extends Error {
  override readonly name = 'RegexFault';
}

/** @throws RegexFault */
export const parseRegex = (source: string): RegexNode => new RegexParser([...source]).whole();

class RegexParser {
  private at = 0;
  private depth = 0;

  constructor(private readonly chars: readonly string[]) {}

  whole(): RegexNode {
    const node = this.choice();
    // ASSUMED[language-edges]: an unmatched `)` is an error; POSIX leaves it open.
    if (this.at < this.chars.length) throw new RegexFault('unmatched )');
    return node;
  }

  private choice(): RegexNode {
    if (++this.depth > DEPTH_MAX) throw new RegexFault('nested too deeply');
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    this.depth--;
    const [only] = parts;
    return only && parts.length === 1 ? only : { kind: 'choice', parts };
  }

  private sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (let char = this.peek(); char !== undefined && char !== '|' && char !== ')'; char = this.peek()) {
      parts.push(this.repeated(this.atom()));
    }
    return { kind: 'sequence', parts };
  }

  private repeated(atom: RegexNode): RegexNode {
    let node = atom;
    for (let bounds = this.bounds(); bounds; bounds = this.bounds()) {
      node = { kind: 'repeat', part: node, least: bounds[0], most: bounds[1] };
    }
    return node;
  }

  /** `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`; undefined where none of them stands. */
  private bounds(): readonly [number, number] | undefined {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.take('?')) return [0, 1];
    const rest = this.chars.slice(this.at, this.at + 10).join('');
    const match = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(rest);
    if (!match) return undefined;
    this.at += match[0].length;
    const least = Number(match[1]);
    const most = match[3] ? Number(match[3]) : match[2] ? Number.POSITIVE_INFINITY : least;
    if (least > REPEAT_MAX || (Number.isFinite(most) && (most > REPEAT_MAX || most < least))) {
      throw new RegexFault('invalid repetition count');
    }
    return [least, most];
  }

  private atom(): RegexNode {
    const char = this.chars[this.at++] ?? '';
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return this.bracket();
      case '.':
        return { kind: 'set', accepts: () => true };
      case '^':
        return { kind: 'anchor', at: 'start' };
      case '$':
        return { kind: 'anchor', at: 'end' };
      case '*':
      case '+':
      case '?':
        throw new RegexFault('nothing to repeat');
      case '\\':
        return this.escaped();
      default:
        return literal(char);
    }
  }

  /** ASSUMED[language-edges]: a backslash takes any character literally; there are no `\d`, `\w`, `\b` in POSIX. */
  private escaped(): RegexNode {
    const char = this.chars[this.at++];
    if (char === undefined) throw new RegexFault('trailing backslash');
    return literal(char);
  }

  private group(): RegexNode {
    const node = this.choice();
    if (!this.take(')')) throw new RegexFault('unmatched (');
    return node;
  }

  private bracket(): RegexNode {
    const negated = this.take('^');
    const members: ((char: string) => boolean)[] = [];
    do members.push(this.member());
    while (!this.take(']'));
    return { kind: 'set', accepts: (char) => members.some((member) => member(char)) !== negated };
  }

  private member(): (char: string) => boolean {
    const named = /^\[:([a-z]+):\]/.exec(this.chars.slice(this.at, this.at + 12).join(''));
    if (named) {
      const ranges = CLASSES[named[1] ?? '']?.match(/../gs);
      if (!ranges) throw new RegexFault('unknown character class');
      this.at += named[0].length;
      return (char) => ranges.some(([first = '', last = '']) => char >= first && char <= last);
    }
    const from = this.bracketChar();
    if (this.peek() !== '-' || this.chars[this.at + 1] === ']') return (char) => char === from;
    this.at++;
    const to = this.bracketChar();
    if (point(to) < point(from)) throw new RegexFault('invalid range');
    return (char) => point(char) >= point(from) && point(char) <= point(to);
  }

  /** A backslash is an ordinary character between brackets. */
  private bracketChar(): string {
    const char = this.chars[this.at++];
    if (char === undefined) throw new RegexFault('unmatched [');
    return char;
  }

  private peek(): string | undefined {
    return this.chars[this.at];
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }
}

const literal = (char: string): RegexNode => ({ kind: 'set', accepts: (other) => other === char });
const point = (char: string): number => char.codePointAt(0) ?? 0;
