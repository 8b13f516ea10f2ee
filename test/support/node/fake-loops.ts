import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deviceNumber } from '../../../src/node/devices/device-files.ts';
import type { CommandResult, CommandRunner } from '../../../src/node/exec/command-runner.ts';
import type { FakeDeviceFiles } from './fake-device-files.ts';
import { failing } from './fake-mounts.ts';

const said = (stdout: string): CommandResult => ({ exitCode: 0, stdout, stderr: '' });

/** losetup(8) and blockdev(8) over a /sys of its own, with real files as images. */
export class FakeLoops implements CommandRunner {
  readonly commands: (readonly string[])[] = [];
  /** Answers a command instead of doing it; undefined: it is done. */
  intercept: (argv: readonly string[]) => CommandResult | undefined = () => undefined;
  /** Devices that somebody has open: detach only marks them. */
  readonly open = new Set<string>();

  constructor(
    readonly roots: { readonly sys: string; readonly dev: string },
    private readonly files: FakeDeviceFiles,
    count = 16,
  ) {
    mkdirSync(join(roots.sys, 'dev', 'block'), { recursive: true });
    for (let n = 0; n < count; n++) this.#create(`loop${n}`, `7:${n}`);
    this.#create('vda', '254:0');
  }

  path(name: string): string {
    return join(this.roots.dev, name);
  }

  /** Writes an attribute below /sys/block/<name>. */
  set(name: string, attribute: string, value: string): void {
    writeFileSync(join(this.#folder(name), attribute), `${value}\n`);
  }

  /** Sets a device up on a file, as somebody else would. */
  attach(name: string, file: string): void {
    mkdirSync(join(this.#folder(name), 'loop'));
    this.set(name, 'loop/backing_file', file);
    this.set(name, 'loop/autoclear', '0');
    this.set(name, 'size', String(Math.floor(statSync(file).size / 512)));
    this.#backing.set(name, file);
  }

  release(name: string): void {
    rmSync(join(this.#folder(name), 'loop'), { recursive: true });
    this.set(name, 'size', '0');
    this.#backing.delete(name);
  }

  async run(argv: readonly string[]): Promise<CommandResult> {
    this.commands.push(argv);
    const answer = this.intercept(argv);
    if (answer) return answer;
    const [program, action = ''] = argv;
    const last = argv.at(-1) ?? '';
    const name = last.slice(this.roots.dev.length + 1);
    if (program === 'blockdev') {
      this.set(name, 'ro', action === '--setro' ? '1' : '0');
      return said('');
    }
    return this.#losetup(action, name, last);
  }

  readonly #backing = new Map<string, string>();

  #losetup(action: string, name: string, file: string): CommandResult {
    switch (action) {
      case '--find':
        return this.#setUp(file);
      case '--list':
        return said(this.#identity(name));
      case '--set-capacity':
        this.set(name, 'size', String(statSync(this.#backing.get(name) ?? '').size / 512));
        return said('');
      default:
        if (this.open.has(name)) this.set(name, 'loop/autoclear', '1');
        else this.release(name);
        return said('');
    }
  }

  #setUp(file: string): CommandResult {
    for (let n = 0; n < 16; n++) {
      if (this.#backing.has(`loop${n}`)) continue;
      this.attach(`loop${n}`, file);
      return said(`${this.path(`loop${n}`)}\n`);
    }
    return failing(1, 'losetup: cannot find an unused loop device');
  }

  /** Padded as util-linux 2.38 does. */
  #identity(name: string): string {
    const file = this.#backing.get(name);
    if (file === undefined) return '              ';
    const { dev, ino } = statSync(file, { bigint: true });
    return `     ${deviceNumber(dev)}   ${ino}\n`;
  }

  #create(name: string, number: string): void {
    mkdirSync(this.#folder(name), { recursive: true });
    mkdirSync(join(this.#folder(name), 'holders'));
    for (const [attribute, value] of [
      ['dev', number],
      ['size', '0'],
      ['ro', '0'],
    ] as const) {
      this.set(name, attribute, value);
    }
    symlinkSync(`../../block/${name}`, join(this.roots.sys, 'dev', 'block', number));
    this.files.addBlock(this.path(name), number);
  }

  #folder(name: string): string {
    return join(this.roots.sys, 'block', name);
  }
}
