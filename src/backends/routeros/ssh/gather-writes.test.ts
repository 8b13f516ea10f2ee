import { describe, expect, test } from 'bun:test';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { gatherWrites } from './gather-writes.ts';

/** A stream that notes what would be one system call. */
function noted() {
  const sent: string[] = [];
  const stream = new Writable({
    write(bytes: Buffer, _encoding, done) {
      sent.push(bytes.toString());
      done();
    },
    writev(chunks, done) {
      sent.push(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString());
      done();
    },
  });
  gatherWrites(stream);
  return { stream, sent };
}

describe('gathering writes', () => {
  test('sends what is written in one turn as one, and what comes later by itself', async () => {
    const { stream, sent } = noted();
    stream.write('length ');
    stream.write(Buffer.from('text '));
    stream.write('746167', 'hex');
    await turn();
    stream.write('next');
    await turn();
    expect(sent).toEqual(['length text tag', 'next']);
  });

  test('tells each writer that its part has left', async () => {
    const { stream } = noted();
    const left: string[] = [];
    stream.write('a', () => left.push('a'));
    stream.write('b', 'utf8', () => left.push('b'));
    await turn();
    expect(left).toEqual(['a', 'b']);
  });

  test('sends what is still held where the stream ends', async () => {
    const { stream, sent } = noted();
    stream.write('last ');
    stream.write('words');
    stream.end();
    await turn();
    expect(sent.join('')).toBe('last words');
  });

  test('sends what was written before the stream is destroyed', () => {
    const { stream, sent } = noted();
    stream.write('the reason ');
    stream.write('why');
    stream.destroy();
    expect(sent).toEqual(['the reason why']);
  });
});
