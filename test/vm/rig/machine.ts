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
import { type GuestWork, guestScript } from './guest-script.ts';
import type { Kernel } from './kernel.ts';
import type { CableEnd } from './network.ts';
import { networkDevices } from './network.ts';

/** What a guest boots, and with what around it. */
export interface Boot {
  readonly kernel: Kernel;
  readonly emulator: Emulator;
  /** Added to the kernel's command line. */
  readonly kernelArguments: readonly string[];
  /** Such as `1024M`; what a guest never touches costs nothing. */
  readonly memory: string;
  readonly cpus: number;
  readonly cables: readonly CableEnd[];
  /** Is the guest's `/out`; the serial console goes to `serial.log` in it. */
  readonly out: string;
  /** ms */
  readonly timeoutMs: number;
  /** Ends the guest at once. */
  readonly signal: AbortSignal;
}

/** What became of the command; `undefined`: the guest died, or was killed at its time limit. */
export type ExitCode = number | undefined;

const SCRATCH_BYTES = 16 * 2 ** 30;

/**
 * Boots a guest whose root is this machine's, read-only below a tmpfs, runs one command and throws the guest away. A
 * scratch disk (`/dev/vda`, empty, sparse) is its only storage that is not memory.
 */
export async function runInMachine(boot: Boot, guestWork: GuestWork): Promise<ExitCode> {
  const { kernel, emulator, out } = boot;
  const work = mkdtempSync(join(tmpdir(), 'rose-csi-vm-'));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'guest.sh'), guestScript(guestWork));
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
        ...['-smp', String(boot.cpus)],
        ...memoryOf(boot.memory),
        ...shares.flatMap(({ name, socket }) => [
          ...['-chardev', `socket,id=${name},path=${socket}`],
          ...['-device', `vhost-user-fs-pci,chardev=${name},tag=${name}`],
        ]),
        ...networkDevices(boot.cables),
        ...['-drive', `file=${scratch},format=raw,if=virtio,cache=unsafe,discard=unmap`],
        ...['-kernel', kernel.image, '-initrd', kernel.initramfs],
        ...['-append', [...KERNEL_ARGUMENTS, ...boot.kernelArguments].join(' ')],
      ],
      {
        env: { ...process.env, ...emulator.environment },
        stdin: 'ignore',
        stdout: Bun.file(join(out, 'serial.log')),
        stderr: Bun.file(join(out, 'emulator.log')),
        timeout: boot.timeoutMs,
        killSignal: 'SIGKILL',
        signal: boot.signal,
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

/** `EPYC`: Bun needs more than the default CPU has, and AMD's virtualisation is what TCG can play. */
const HARDWARE = [
  ...['-accel', 'tcg,thread=multi', '-M', 'q35', '-cpu', 'EPYC'],
  ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
  ...['-device', 'virtio-rng-pci'],
];
/**
 * Without address randomisation: some emulators crash with it (`norandmaps`). An emulated CPU stands still while others
 * have the real one: its kernel must not take that for a timer that is broken, or a time stamp counter that drifts
 * (`no_timer_check`, as KVM's guests have it by themselves; `tsc=reliable`).
 */
const KERNEL_ARGUMENTS = [
  ...['console=ttyS0', 'quiet', 'panic=-1', 'norandmaps', 'mitigations=off'],
  ...['no_timer_check', 'tsc=reliable'],
];

/** Shared with the servers of the file systems. */
const memoryOf = (size: string): string[] => [
  ...['-m', size, '-object', `memory-backend-memfd,id=mem,size=${size},share=on`],
  ...['-numa', 'node,memdev=mem'],
];

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

/** @throws Error where a file does not appear */
export async function untilThere(path: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!existsSync(path)) {
    if (performance.now() > deadline) throw new Error(`nobody made ${path}`);
    await Bun.sleep(10);
  }
}
