import type { CallContext } from '../../core/call-context.ts';
import type { ErrorKind } from '../../core/driver-error.ts';
import { failureText } from '../exec/command-failure.ts';
import type { CommandResult, CommandRunner } from '../exec/command-runner.ts';
import { NodeError } from '../node-error.ts';
import { KEY_DERIVATION } from './luks2.ts';

/** cryptsetup(8), "RETURN CODES". */
const NO_PERMISSION = 2;
const KINDS: Readonly<Record<number, ErrorKind>> = {
  [NO_PERMISSION]: 'permission',
  3: 'exhausted',
  5: 'in-use',
};
/** Reads the passphrase from standard input to its end: it is nowhere else, and a newline is a part of it. */
const FROM_STDIN = ['--key-file', '-'] as const;
const LUKS2 = ['--type', 'luks2'] as const;

/** Runs cryptsetup. Passphrases go through its standard input alone. */
export class Cryptsetup {
  readonly #runner: CommandRunner;

  constructor(runner: CommandRunner) {
    this.#runner = runner;
  }

  /**
   * Opens a device under a name. Not with the kernel's keyring: a volume that grows needs its key again, which only a
   * secret of its own could give then (docs/decisions/0021).
   * @returns false: the passphrase is wrong
   * @throws NodeError `in-use` that name or device is taken · `exhausted` memory · `unavailable`
   */
  open(
    path: string,
    name: string,
    { passphrase, readonly }: { readonly passphrase: Uint8Array; readonly readonly: boolean },
    context: CallContext,
  ): Promise<boolean> {
    const how = ['--disable-keyring', ...(readonly ? ['--readonly'] : [])];
    return this.#unlocks(`open ${path}`, [...how, path, name], passphrase, context);
  }

  /** Whether a passphrase opens the device; nothing is opened. @throws as {@link open} */
  opens(path: string, passphrase: Uint8Array, context: CallContext): Promise<boolean> {
    return this.#unlocks(`try a passphrase on ${path}`, ['--test-passphrase', path], passphrase, context);
  }

  /** Lets a second passphrase open the device. @throws NodeError `permission` the first does not · `unavailable` */
  addPassphrase(path: string, first: Uint8Array, second: Uint8Array, context: CallContext): Promise<void> {
    const sizes = [
      '--keyfile-size',
      String(first.byteLength),
      '--new-keyfile-size',
      String(second.byteLength),
    ];
    const args = ['luksAddKey', '--batch-mode', ...FROM_STDIN, ...sizes, ...KEY_DERIVATION, path, '-'];
    return this.#run(`add a passphrase to ${path}`, args, context, Buffer.concat([first, second]));
  }

  /** Ends a passphrase's right. The caller has seen that another one opens the device. @throws NodeError `unavailable` */
  removePassphrase(path: string, passphrase: Uint8Array, context: CallContext): Promise<void> {
    const args = ['luksRemoveKey', '--batch-mode', ...FROM_STDIN, path];
    return this.#run(`remove a passphrase from ${path}`, args, context, passphrase);
  }

  /** Writes the header's free text; on the device when it resolves. @throws NodeError `unavailable` */
  setSubsystem(path: string, subsystem: string, context: CallContext): Promise<void> {
    return this.#run(`write the header of ${path}`, ['config', '--subsystem', subsystem, path], context);
  }

  /** Makes an opened device as large as what it stands on. @throws NodeError `unavailable` */
  resize(name: string, context: CallContext): Promise<void> {
    return this.#run(`resize ${name}`, ['resize', name], context);
  }

  /** @throws NodeError `in-use`, `unavailable` */
  close(name: string, context: CallContext): Promise<void> {
    return this.#run(`close ${name}`, ['close', name], context);
  }

  async #unlocks(what: string, args: readonly string[], stdin: Uint8Array, { signal }: CallContext) {
    const argv = ['cryptsetup', 'open', ...LUKS2, ...FROM_STDIN, ...args] as const;
    const result = await this.#runner.run(argv, { signal, stdin });
    if (result.exitCode !== 0 && result.exitCode !== NO_PERMISSION) throw failed(what, result);
    return result.exitCode === 0;
  }

  async #run(
    what: string,
    args: readonly string[],
    { signal }: CallContext,
    stdin?: Uint8Array,
  ): Promise<void> {
    const result = await this.#runner.run(['cryptsetup', ...args], { signal, ...(stdin && { stdin }) });
    if (result.exitCode !== 0) throw failed(what, result);
  }
}

const failed = (what: string, result: CommandResult): NodeError =>
  new NodeError(
    KINDS[result.exitCode] ?? 'unavailable',
    `cannot ${what}: cryptsetup gave ${failureText(result)}`,
  );
