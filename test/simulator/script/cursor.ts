import { SyntaxFault } from './script-error.ts';

/** How deep brackets may nest. ASSUMED[language-edges]: the device's limit is unknown; this one keeps the parser's stack small. */
const DEPTH_MAX = 200;

/** A place in a script, and the errors that name it. */
export class Cursor {
  at = 0;
  private depth = 0;

  constructor(readonly text: string) {}

  /** The character here or further on; empty at the end. */
  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? '';
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  /** Steps over the text if it stands here. */
  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Takes what the pattern (sticky) matches here; empty where nothing does. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const [found = ''] = pattern.exec(this.text) ?? [];
    this.at += found.length;
    return found;
  }

  /** Steps over blanks and joined lines (a backslash before the line's end). */
  blanks(): boolean {
    return this.match(/(?:[ \t]|\\\r?\n)+/y) !== '';
  }

  /** Steps over blanks and line ends: inside parentheses. */
  space(): void {
    this.match(/(?:\s|\\\r?\n)+/y);
  }

  /** Steps over blanks, line ends and comments: between statements, and between the elements of an array. */
  gap(): void {
    this.match(/(?:\s|\\\r?\n|#[^\r\n]*)+/y);
  }

  /** Runs a parser one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.depth > DEPTH_MAX) throw this.fault('syntax error');
    try {
      return parse();
    } finally {
      this.depth--;
    }
  }

  lineAt(at: number): number {
    return this.text.slice(0, at).split('\n').length;
  }

  fault(problem: string, at = this.at): SyntaxFault {
    const before = this.text.slice(0, at);
    return new SyntaxFault(problem, this.lineAt(at), at - before.lastIndexOf('\n'));
  }
}
