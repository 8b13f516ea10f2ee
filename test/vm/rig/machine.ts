import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, VIRTIOFSD } from './emulator.ts';
import type { Kernel } from './kernel.ts';

export interface MachineOptions {
  readonly kernel: Kernel;
  readonly emulator: Emulator;
  /** Runs in the guest as root, in this folder. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Added to the kernel's command line. */
  readonly kernelArguments: readonly string[];
  /** Is the guest's `/out`; the serial console goes to `serial.log` in it. */
  readonly out: string;
  /** ms */
  readonly timeoutMs: number;
  /** Ends the guest at once. */
  readonly signal: AbortSignal;
}

/** What became of the command; `undefined`: the guest died, or was killed at its time limit. */
export type ExitCode = number | undefined;

const MEMORY = '2560M';
const SCRATCH_BYTES = 16 * 2 ** 30;

/**
 * Boots a guest whose root is this machine's, read-only below a tmpfs, runs one command and throws the guest away. A
 * scratch disk (`/dev/vda`, empty, sparse) is its only storage that is not memory.
 */
export async function runInMachine(options: MachineOptions): Promise<ExitCode> {
  const { kernel, emulator, out } = options;
  const work = mkdtempSync(join(tmpdir(), 'rose-csi-vm-'));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'guest.sh'), guestScript(options));
  const shares = [share(work, 'hostroot', '/', 'always'), share(work, 'out', out, 'none')];
  try {
    await Promise.all(shares.map(({ socket }) => untilThere(socket)));
    const scratch = join(work, 'scratch.img');
    writeFileSync(scratch, '');
    truncateSync(scratch, SCRATCH_BYTES);
    const guest = Bun.spawn(
      [
        ...emulator.command,
        ...HARDWARE,
        ...shares.flatMap(({ name, socket }) => [
          ...['-chardev', `socket,id=${name},path=${socket}`],
          ...['-device', `vhost-user-fs-pci,chardev=${name},tag=${name}`],
        ]),
        ...['-drive', `file=${scratch},format=raw,if=virtio,cache=unsafe,discard=unmap`],
        ...['-kernel', kernel.image, '-initrd', kernel.initramfs],
        ...['-append', [...KERNEL_ARGUMENTS, ...options.kernelArguments].join(' ')],
      ],
      {
        env: { ...process.env, ...emulator.environment },
        stdin: 'ignore',
        stdout: Bun.file(join(out, 'serial.log')),
        stderr: Bun.file(join(out, 'emulator.log')),
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        signal: options.signal,
      },
    );
    await guest.exited;
  } finally {
    for (const { server } of shares) server.kill('SIGKILL');
    await Promise.all(shares.map(({ server }) => server.exited));
    rmSync(work, { recursive: true });
  }
  const result = join(out, 'exit-code');
  return existsSync(result) ? Number(readFileSync(result, 'utf8')) : undefined;
}

/** `EPYC`: Bun needs more than the default CPU has. */
const HARDWARE = [
  ...['-accel', 'tcg,thread=multi', '-M', 'q35', '-cpu', 'EPYC', '-smp', '2', '-m', MEMORY],
  ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
  ...['-device', 'virtio-rng-pci', '-object', `memory-backend-memfd,id=mem,size=${MEMORY},share=on`],
  ...['-numa', 'node,memdev=mem'],
];
/** Without address randomisation: some emulators crash with it (`norandmaps`). */
const KERNEL_ARGUMENTS = ['console=ttyS0', 'quiet', 'panic=-1', 'norandmaps', 'mitigations=off'];

function share(work: string, name: string, source: string, cache: string) {
  const socket = join(work, `${name}.sock`);
  const options = [`source=${source}`, 'sandbox=chroot', `cache=${cache}`].flatMap((option) => [
    '-o',
    option,
  ]);
  const log = Bun.file(join(work, `${name}.log`));
  const server = Bun.spawn([VIRTIOFSD, `--socket-path=${socket}`, ...options], { stdout: log, stderr: log });
  return { name, socket, server };
}

async function untilThere(path: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!existsSync(path)) {
    if (performance.now() > deadline) throw new Error(`${VIRTIOFSD} did not make ${path}`);
    await Bun.sleep(10);
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** The rest of the boot: the shell that runs it ends the guest, whatever the command did. */
function guestScript({ command, cwd, environment }: MachineOptions): string {
  const settings = Object.entries({ ...GUEST_ENVIRONMENT, ...environment });
  return [
    ...settings.map(([name, value]) => `export ${name}=${quoted(value)}`),
    'mount --make-rshared /',
    'ip link set lo up',
    'hostname guest',
    'echo "guest: up after $(cut -d" " -f1 /proc/uptime) s"',
    `cd ${quoted(cwd)} && ${command.map(quoted).join(' ')}`,
    'code=$?',
    'echo "guest: exit code $code after $(cut -d" " -f1 /proc/uptime) s"',
    'dmesg > /out/kernel.log',
    'for log in /run/*/driver.log; do [ -e "$log" ] && cp "$log" "/out/$(basename $(dirname "$log")).log"; done',
    'echo $code > /out/exit-code',
    'sync /out/exit-code',
    '/run/busybox poweroff -f',
    '',
  ].join('\n');
}

const GUEST_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: 'dumb',
  LC_ALL: 'C',
};
