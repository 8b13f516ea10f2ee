import type { ReplyFault } from './fault.ts';

/** A break in the middle of a token, bytes that are no text, a line that ends nowhere. */
const GARBAGE = '\u0007\u001b[9999B{"a":\u0000}}]\u00ff';
const STRAY_LINE = 'warning: interface ether1 excessive broadcasts/multicasts, probably a loop';

/** The reply as the client gets it. Pure; `drip` and `exit-code` change no text. */
export function shapeReply(text: string, fault: ReplyFault): string {
  switch (fault.kind) {
    case 'half-line':
      return halfLine(text, fault.line ?? 1);
    case 'garbage-before':
      return (fault.text ?? GARBAGE) + text;
    case 'garbage-after':
      return text + (fault.text ?? GARBAGE);
    case 'stray-line':
      return `${fault.text ?? STRAY_LINE}\r\n${text}`;
    case 'sentinel-missing':
      return linesOf(text).slice(0, -1).join('');
    case 'wrap':
      return wrapLines(text, fault.columns);
    case 'drip':
    case 'exit-code':
      return text;
  }
}

/** Lines with their ends. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function halfLine(text: string, number: number): string {
  const lines = linesOf(text);
  const broken = lines[number - 1] ?? '';
  return lines.slice(0, number - 1).join('') + broken.slice(0, Math.ceil(broken.trimEnd().length / 2));
}

/** Breaks each line after so many characters, as a terminal of that width does, whatever stands there. */
export function wrapLines(text: string, columns: number): string {
  return linesOf(text)
    .map((line) => {
      const [, content = '', end = ''] = /^(.*?)(\r?\n)?$/s.exec(line) ?? [];
      const parts = content.match(new RegExp(`.{1,${columns}}`, 'gsu')) ?? [''];
      return parts.join('\r\n') + end;
    })
    .join('');
}
