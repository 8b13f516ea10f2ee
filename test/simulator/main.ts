#!/usr/bin/env bun
/** `make simulator`: an appliance to log in to. Runs until SIGINT or SIGTERM, and saves its state then. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandLine, readCommandLine, USAGE, UsageError } from './command-line.ts';
import { Simulator } from './simulator.ts';
import { KeyPair } from './ssh/key-pair.ts';

const out = (text: string): void => void process.stdout.write(`${text}\n`);

/** A private key in a file, made where there is none. ssh refuses one that others can read. */
async function keyIn(path: string): Promise<KeyPair> {
  const file = Bun.file(path);
  if (await file.exists()) return KeyPair.parse(await file.text());
  const key = KeyPair.generate();
  await Bun.write(path, key.pem);
  await chmod(path, 0o600);
  return key;
}

async function start(asked: CommandLine, folder: string) {
  const userKeyFile = join(folder, 'user_key');
  const hostKeys = await Promise.all(asked.hostKeyFiles.map((path) => Bun.file(path).text()));
  const publicKeys = [...asked.userKeyFiles].map(async ([name, path]) => ({
    name,
    publicKeys: [(await Bun.file(path).text()).trim()],
  }));
  const { version, identity, pools, maxSessions, assumptions, stateFolder, controlPort } = asked;
  const users = [...asked.users, ...(await Promise.all(publicKeys))];
  const simulator = await Simulator.start({
    appliance: { version, identity, pools, maxSessions, assumptions, users },
    listen: { host: asked.host, port: asked.port },
    hostKeys: hostKeys.length > 0 ? hostKeys : [(await keyIn(join(folder, 'host_key'))).pem],
    userKey: (await keyIn(userKeyFile)).pem,
    latency: asked.latency,
    ssh: asked.ssh,
    ...(stateFolder === undefined ? {} : { stateFolder }),
    ...(controlPort === undefined ? {} : { controlPort }),
  });
  const { roundTripMs } = asked;
  const port = roundTripMs > 0 ? (await simulator.relay({ roundTripMs })).port : simulator.port;
  return { simulator, port, userKeyFile };
}

/** How to get in, and what the driver would need. */
async function greet(asked: CommandLine, folder: string, running: Awaited<ReturnType<typeof start>>) {
  const { simulator, port, userKeyFile } = running;
  const knownHosts = join(folder, 'known_hosts');
  await Bun.write(knownHosts, `[${asked.host}]:${port} ${simulator.hostKeyLine}\n`);
  out(`RouterOS ${asked.version} "${asked.identity}", host key ${simulator.hostKeyFingerprint}`);
  out(
    `\nlog in:   ssh -p ${port} -i ${userKeyFile} -o UserKnownHostsFile=${knownHosts} ${Simulator.user}@${asked.host}`,
  );
  for (const { name } of asked.users)
    out(`          ssh -p ${port} -o UserKnownHostsFile=${knownHosts} ${name}@${asked.host}`);
  out(`\nthen:     /disk print`);
  out(`          /disk add type=file file-path=/pool1/a.img file-size=1073741824 slot=a mount-filesystem=no`);
  out(
    `          :put [:serialize to=json options=json.no-string-conversion [/disk print detail as-value where slot=a]]`,
  );
  out(`          /disk remove [find slot=a]`);
  out(`          /quit`);
  if (simulator.controlUrl) out(`\ncontrol:  curl ${simulator.controlUrl}`);
  out('\nCtrl-C stops it.');
}

async function run(args: readonly string[], stopped: Promise<void>): Promise<number> {
  const asked = readCommandLine(args);
  if (!asked) {
    out(USAGE.trimEnd());
    return 0;
  }
  const folder = asked.stateFolder ?? (await mkdtemp(join(tmpdir(), 'rose-csi-simulator-')));
  await mkdir(folder, { recursive: true });
  try {
    const running = await start(asked, folder);
    await greet(asked, folder, running);
    await stopped;
    await running.simulator.stop();
  } finally {
    if (asked.stateFolder === undefined) await rm(folder, { recursive: true, force: true });
  }
  return 0;
}

const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop());

try {
  process.exit(await run(process.argv.slice(2), stopped));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
