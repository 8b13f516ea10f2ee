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
    `hostname ${quoted(hostname)}`,
    ...setUp,
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

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: 'dumb',
  LC_ALL: 'C',
};
