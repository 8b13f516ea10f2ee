/** What a terminal's keys come to. */
export type Keyed =
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'end' };

const CONTROL_C = '\x03';
const CONTROL_D = '\x04';
const CONTROL_U = '\x15';
const ERASERS = ['\x7f', '\b'];
/** Cursor and function keys; their bytes may come in several pieces. */
const ESCAPE = '\x1b';
const SEQUENCE = /^(?:\[[0-9;?]*[ -/]*[@-~]|O.|[^[O])/su;
const HALF_SEQUENCE = /^(?:\[[0-9;?]*[ -/]*|O)?$/;

/** Edits one line: typing at its end, erasing, starting over. Cursor keys are taken and do nothing. */
export class LineEditor {
  private line: string[] = [];
  private pending = '';
  private afterReturn = false;

  feed(text: string): Keyed[] {
    const keyed: Keyed[] = [];
    let rest = this.pending + text;
    this.pending = '';
    while (rest !== '') {
      const key = firstKey(rest);
      if (key === undefined) {
        this.pending = rest;
        break;
      }
      rest = rest.slice(key.length);
      keyed.push(...this.press(key));
    }
    return keyed;
  }

  private press(key: string): Keyed[] {
    const secondHalf = key === '\n' && this.afterReturn;
    this.afterReturn = key === '\r';
    if (secondHalf) return [];
    if (key === '\r' || key === '\n')
      return [
        { kind: 'echo', text: '\r\n' },
        { kind: 'line', text: this.take() },
      ];
    if (ERASERS.includes(key)) return this.erase(1);
    if (key === CONTROL_U) return this.erase(this.line.length);
    if (key === CONTROL_C) {
      this.take();
      return [{ kind: 'interrupt' }];
    }
    if (key === CONTROL_D) return this.line.length === 0 ? [{ kind: 'end' }] : [];
    if (key < ' ') return [];
    this.line.push(key);
    return [{ kind: 'echo', text: key }];
  }

  private erase(count: number): Keyed[] {
    const erased = this.line.splice(Math.max(this.line.length - count, 0)).length;
    return erased === 0 ? [] : [{ kind: 'echo', text: '\b \b'.repeat(erased) }];
  }

  private take(): string {
    const text = this.line.join('');
    this.line = [];
    return text;
  }
}

/** @returns undefined where the rest of an escape sequence is still to come */
function firstKey(text: string): string | undefined {
  if (!text.startsWith(ESCAPE)) return String.fromCodePoint(text.codePointAt(0) ?? 0);
  const sequence = text.slice(1);
  if (HALF_SEQUENCE.test(sequence)) return undefined;
  // An escape that begins nothing known is a key by itself.
  return ESCAPE + (SEQUENCE.exec(sequence)?.[0] ?? '');
}
