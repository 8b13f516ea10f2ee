import { afterEach, describe, expect, test } from 'bun:test';
import type { ClientChannel } from 'ssh2';
import { until } from '../../support/until.ts';
import { HostRig } from '../support/host-rig.ts';

let rig: HostRig;
afterEach(() => rig.stop());

/** A person at a terminal. */
class Person {
  shown = '';
  private read = 0;
  closed = false;

  constructor(private readonly channel: ClientChannel) {
    channel.on('data', (bytes: Buffer) => {
      this.shown += bytes.toString('utf8');
    });
    channel.on('close', () => {
      this.closed = true;
    });
  }

  type(text: string): void {
    this.channel.write(text);
  }

  /** What came since the last look, up to and with this text. */
  async sees(text: string): Promise<string> {
    await until(`"${text}" after "${this.shown.slice(this.read)}"`, () =>
      this.shown.includes(text, this.read),
    );
    const from = this.read;
    this.read = this.shown.indexOf(text, from) + text.length;
    return this.shown.slice(from, this.read);
  }
}

async function sitDown(pty: { cols: number } | false = { cols: 100 }): Promise<Person> {
  rig = await HostRig.start();
  const person = new Person(await (await rig.login()).shell(pty));
  await person.sees('[rose-csi@rds] > ');
  return person;
}

describe('the prompt', () => {
  test('echoes, runs a line in the terminal’s width, and asks for the next', async () => {
    const person = await sitDown();
    person.type('say:hellooo\x7f\x7f\r');
    expect(await person.sees('[rose-csi@rds] > ')).toBe(
      'say:hellooo\b \b\b \b\r\nhello\r\n[rose-csi@rds] > ',
    );
    expect(rig.appliance.width).toBe(100);
  });

  test('shows the menu one stands in, and runs commands there', async () => {
    const person = await sitDown();
    person.type('/disk\r');
    await person.sees('[rose-csi@rds] /disk> ');
    person.type('print\r');
    await person.sees('[rose-csi@rds] /disk> ');
    expect(rig.appliance.ran).toEqual(['/disk/print']);
  });

  test('goes on after an error', async () => {
    const person = await sitDown();
    person.type('fail\r');
    expect(await person.sees('> ')).toContain('failure: asked for\r\n');
  });

  test('runs lines one after the other, however fast they are typed', async () => {
    const person = await sitDown();
    person.type('say:one\rsay:two\rsay:three\r');
    await person.sees('three\r\n[rose-csi@rds] > ');
    expect(rig.host.journal.all().map(({ text }) => text)).toEqual(['say:one', 'say:two', 'say:three']);
    expect(rig.host.journal.all().map(({ channel }) => channel)).toEqual(['shell', 'shell', 'shell']);
  });

  test('is interrupted by Control-C: the command stops before its next statement', async () => {
    const person = await sitDown();
    person.type('say:on wait say:off\r');
    await person.sees('on\r\n');
    person.type('\x03');
    await person.sees('\r\n');
    rig.appliance.release();
    await person.sees('[rose-csi@rds] > ');
    expect(rig.appliance.ran).toEqual([':say', ':wait']);
  });

  test.each([
    ['/quit', '/quit\r'],
    ['Control-D', '\x04'],
  ])('ends at %s', async (_, keys) => {
    const person = await sitDown();
    person.type(keys);
    await until('the channel is closed', () => person.closed);
  });

  test('echoes nothing without a terminal', async () => {
    const person = await sitDown(false);
    person.type('say:hello\n');
    expect(await person.sees('> ')).toBe('hello\r\n[rose-csi@rds] > ');
  });
});
