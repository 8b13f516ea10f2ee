import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CommandResult, RunOptions } from '../../../src/node/exec/command-runner.ts';
import type { FakeDeviceFiles } from './fake-device-files.ts';
import { luksHeaderBytes } from './luks-header-bytes.ts';

const DONE: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
const WRONG: CommandResult = { exitCode: 2, stdout: '', stderr: 'No key available with this passphrase.' };
const OFFSET = 16n << 20n;

interface Lock {
  subsystem: string;
  readonly passphrases: Set<string>;
}

interface Floor {
  readonly sys: string;
  readonly files: FakeDeviceFiles;
  readonly size: (path: string) => bigint;
  readonly formatted: (path: string) => void;
}

/** cryptsetup and device-mapper: what is locked with which passphrases, and what of it is open, in a /sys. */
export class FakeLuks {
  readonly locks = new Map<string, Lock>();
  /** Opened devices by name: the kernel's name, and the disk below. */
  readonly opened = new Map<string, { readonly kernelName: string; readonly lower: string }>();
  readonly #floor: Floor;

  constructor(floor: Floor) {
    this.#floor = floor;
    mkdirSync(join(floor.sys, 'block'), { recursive: true });
  }

  header(path: string): Uint8Array | undefined {
    const lock = this.locks.get(path);
    return lock && luksHeaderBytes(lock.subsystem, OFFSET);
  }

  run(argv: readonly string[], { stdin }: Pick<RunOptions, 'stdin'>): CommandResult {
    const secret = Buffer.from(stdin ?? []).toString();
    const path = argv.find((word) => word.startsWith('/dev/')) ?? '';
    const after = (option: string) => argv[argv.indexOf(option) + 1] ?? '';
    switch (argv[1]) {
      case 'luksFormat':
        this.locks.set(path, { subsystem: after('--subsystem'), passphrases: new Set([secret]) });
        this.#floor.formatted(path);
        return DONE;
      case 'open':
        return this.#open(argv, path, secret);
      case 'luksAddKey':
        return this.#add(path, secret, Number(after('--keyfile-size')));
      case 'luksRemoveKey':
        return this.locks.get(path)?.passphrases.delete(secret) ? DONE : WRONG;
      case 'config':
        this.#lock(path).subsystem = after('--subsystem');
        return DONE;
      case 'resize':
        return this.#resize(argv.at(-1) ?? '');
      default:
        return this.#close(argv.at(-1) ?? '');
    }
  }

  /** Of an opened device. */
  path(name: string): string {
    return `/dev/${this.opened.get(name)?.kernelName}`;
  }

  #open(argv: readonly string[], path: string, secret: string): CommandResult {
    if (!this.#lock(path).passphrases.has(secret)) return WRONG;
    if (argv.includes('--test-passphrase')) return DONE;
    const name = argv.at(-1) ?? '';
    if (this.opened.has(name)) return { exitCode: 5, stdout: '', stderr: `Device ${name} already exists.` };
    const taken = new Set([...this.opened.values()].map((device) => device.kernelName));
    let minor = 0;
    while (taken.has(`dm-${minor}`)) minor += 1;
    const kernelName = `dm-${minor}`;
    const folder = this.#folder(kernelName);
    for (const part of ['dm', 'holders', 'slaves']) mkdirSync(join(folder, part), { recursive: true });
    const texts = { 'dm/name': name, 'dm/uuid': `CRYPT-LUKS2-0123-${name}`, dev: `253:${minor}` };
    for (const [file, text] of Object.entries({ ...texts, ro: argv.includes('--readonly') ? '1' : '0' })) {
      writeFileSync(join(folder, file), `${text}\n`);
    }
    symlinkSync(`../../../${basename(path)}`, join(folder, 'slaves', basename(path)));
    symlinkSync(`../../${kernelName}`, join(this.#folder(basename(path)), 'holders', kernelName));
    symlinkSync(`../../block/${kernelName}`, join(this.#floor.sys, 'dev', 'block', `253:${minor}`));
    this.#floor.files.addBlock(`/dev/${kernelName}`, `253:${minor}`);
    this.opened.set(name, { kernelName, lower: path });
    return this.#resize(name);
  }

  #add(path: string, secrets: string, length: number): CommandResult {
    const { passphrases } = this.#lock(path);
    if (!passphrases.has(secrets.slice(0, length))) return WRONG;
    passphrases.add(secrets.slice(length));
    return DONE;
  }

  #resize(name: string): CommandResult {
    const { kernelName, lower } = this.opened.get(name) ?? { kernelName: '', lower: '' };
    const sectors = (this.#floor.size(lower) - OFFSET) / 512n;
    writeFileSync(join(this.#folder(kernelName), 'size'), `${sectors}\n`);
    return DONE;
  }

  #close(name: string): CommandResult {
    const found = this.opened.get(name);
    if (!found) return { exitCode: 4, stdout: '', stderr: `Device ${name} is not active.` };
    const { kernelName, lower } = found;
    rmSync(join(this.#folder(basename(lower)), 'holders', kernelName), { force: true });
    rmSync(join(this.#floor.sys, 'dev', 'block', `253:${kernelName.slice('dm-'.length)}`));
    rmSync(this.#folder(kernelName), { recursive: true });
    this.#floor.files.known.delete(`/dev/${kernelName}`);
    this.opened.delete(name);
    return DONE;
  }

  #lock(path: string): Lock {
    const lock = this.locks.get(path);
    if (lock) return lock;
    throw new Error(`${path} is no LUKS device`);
  }

  #folder(name: string): string {
    return join(this.#floor.sys, 'block', name);
  }
}
