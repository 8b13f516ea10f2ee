/** What a guest does once its root is there. */
export interface GuestWork {
  readonly hostname: string;
  /** Shell lines before the command, such as those that make its network. */
  readonly setUp: readonly string[];
  /** Runs as root, in this folder. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The rest of the boot: the shell that runs it ends the guest, whatever the command did. */
export function guestScript({ hostname, setUp, command, cwd, environment }: GuestWork): string {
  const settings = Object.entries({ ...ENVIRONMENT, ...environment });
  return [
    ...settings.map(([name, value]) => `export ${name}=${quoted(value)}`),
    'mount --make-rshared /',
    'ip link set lo up',
    CLOCK,
    `hostname ${quoted(hostname)}`,
    ...setUp,
    'echo "guest: up after $(cut -d" " -f1 /proc/uptime) s by $(cat /sys/devices/system/clocksource/*/current_clocksource)"',
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

/**
 * A boot that others take the CPU from may count the time stamp counter wrong, and then runs four times as fast as the
 * world ("PIT calibration deviates from HPET"): every deadline comes too early. The kernel measures it a second time and
 * takes that only where it is nearly the same. Where it did not, the timer that needs no measuring is the clock, though
 * each look at it costs four microseconds.
 */
const CLOCK =
  'dmesg | grep -q "Refined TSC clocksource calibration" || ' +
  'echo hpet > /sys/devices/system/clocksource/clocksource0/current_clocksource';

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: 'dumb',
  LC_ALL: 'C',
};
