import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandResult, CommandRunner } from '../../../src/node/exec/command-runner.ts';
import type { Mount } from '../../../src/node/mounts/mount-table.ts';
import { type MountSketch, printMountInfo } from './mount-info-text.ts';

const DONE: CommandResult = { exitCode: 0, stdout: '', stderr: '' };

export const failing = (exitCode: number, stderr: string): CommandResult => ({
  exitCode,
  stdout: '',
  stderr,
});

/** mount(8) and umount(8) over a /proc of its own: what they do is read back from its mountinfo. */
export class FakeMounts implements CommandRunner {
  readonly commands: (readonly string[])[] = [];
  /** Answers a command instead of doing it; undefined: it is done. */
  intercept: (argv: readonly string[]) => CommandResult | undefined = () => undefined;
  /** What the device nodes of tests stand for. */
  readonly deviceNumbers = new Map<string, string>();
  #mounts: readonly Mount[] = [];
  #lastId = 0;

  constructor(readonly procRoot: string) {
    mkdirSync(join(procRoot, 'self'), { recursive: true });
    this.#write();
  }

  get mounts(): readonly Mount[] {
    return this.#mounts;
  }

  /** Mounts on top of what is mounted there. */
  add(sketch: MountSketch): Mount {
    this.#lastId += 1;
    const below = this.#mounts.findLast((mount) => mount.mountPoint === sketch.mountPoint);
    const mount: Mount = {
      id: this.#lastId,
      parentId: below?.id ?? 0,
      device: '0:99',
      root: '/',
      options: ['rw', 'relatime'],
      fsType: 'tmpfs',
      source: 'tmpfs',
      superOptions: ['rw'],
      ...sketch,
    };
    this.#mounts = [...this.#mounts, mount];
    this.#write();
    return mount;
  }

  async run(argv: readonly string[]): Promise<CommandResult> {
    this.commands.push(argv);
    const answer = this.intercept(argv);
    if (answer) return answer;
    const words = argv.filter((word) => !/^--(no-|internal)/.test(word));
    return words[0] === 'umount' ? this.#umount(words[1] ?? '') : this.#mount(words);
  }

  #mount(words: readonly string[]): CommandResult {
    const options = argumentOf('--options', words)?.split(',') ?? [];
    const [source = '', mountPoint = ''] = words.slice(-2);
    if (options.includes('remount')) this.#remount(mountPoint, options);
    else if (words.includes('--bind')) this.add({ mountPoint, source });
    else {
      const fsType = argumentOf('--types', words) ?? '';
      const device = this.deviceNumbers.get(source) ?? '0:42';
      this.add({ mountPoint, source, fsType, device, options: ['rw', ...options] });
    }
    return DONE;
  }

  #remount(mountPoint: string, options: readonly string[]): void {
    const flags = options.filter((option) => option !== 'remount' && option !== 'bind');
    const top = this.#mounts.findLast((mount) => mount.mountPoint === mountPoint);
    this.#mounts = this.#mounts.map((mount) => (mount === top ? { ...mount, options: flags } : mount));
    this.#write();
  }

  #umount(mountPoint: string): CommandResult {
    const top = this.#mounts.findLast((mount) => mount.mountPoint === mountPoint);
    if (!top) return failing(32, `umount: ${mountPoint}: not mounted.`);
    this.#mounts = this.#mounts.filter((mount) => mount !== top);
    this.#write();
    return DONE;
  }

  #write(): void {
    writeFileSync(join(this.procRoot, 'self', 'mountinfo'), printMountInfo(this.#mounts));
  }
}

const argumentOf = (option: string, words: readonly string[]): string | undefined =>
  words.includes(option) ? words[words.indexOf(option) + 1] : undefined;
