import { expect } from 'bun:test';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { status } from '@grpc/grpc-js';
import { DriverProcess } from '../../../src/commands/demo/driver-process.ts';
import type { VolumeCapability } from '../../../src/core/csi/generated/csi.ts';
import { parseMountInfo } from '../../../src/node/mounts/mount-info.ts';
import { mountCapability } from '../../support/node/node-requests.ts';
import type { ApplianceVolume } from './appliance.ts';
import { PATIENCE_MS, untilSucceeds } from './patience.ts';
import { subsystems } from './subsystems.ts';
import { type UsableVolume, VolumeCalls } from './volume-calls.ts';

/** The compiled executable starts on an emulated machine in 1 s, the source in 6 to 12. */
const COMMAND = [resolve('dist/rose-csi')];

export const NODE_NAME = 'vm-node';

type DriverSettings = Readonly<Record<string, string>>;

/** The driver as a process of its own, in the mode `node` by default, and a CSI client in front of it. */
export class Node {
  static #count = 0;
  #driver: DriverProcess;

  private constructor(
    readonly folder: string,
    private readonly settings: DriverSettings,
    driver: DriverProcess,
  ) {
    this.#driver = driver;
  }

  static async start(settings: DriverSettings = { CSI_MODE: 'node' }): Promise<Node> {
    Node.#count += 1;
    const folder = `/run/node-${Node.#count}`;
    mkdirSync(folder);
    return new Node(folder, settings, await startDriver(folder, settings));
  }

  get client() {
    return this.#driver.client.node;
  }

  /** In the mode `all` or `controller`. */
  get controller() {
    return this.#driver.client.controller;
  }

  get pid(): number {
    return this.#driver.pid;
  }

  get log(): string {
    return readFileSync(join(this.folder, 'driver.log'), 'utf8');
  }

  /** Ends the driver without a word, in whatever it is doing. */
  kill(): void {
    process.kill(this.#driver.pid, 'SIGKILL');
  }

  /** A driver after the one that was killed. */
  async restart(): Promise<void> {
    await this.#driver.stop();
    this.#driver = await startDriver(this.folder, this.settings);
  }

  stop(): Promise<number> {
    return this.#driver.stop();
  }

  use<Volume extends UsableVolume>(volume: Volume, capability = mountCapability()): NodeVolume<Volume> {
    return new NodeVolume(this, volume, capability);
  }
}

const startDriver = (folder: string, settings: DriverSettings): Promise<DriverProcess> =>
  DriverProcess.start({
    command: COMMAND,
    folder,
    settings: {
      NODE_NAME,
      NQN_BASE: 'nqn.2026-11.test.vm',
      BUN_JSC_useJIT: '0',
      ...settings,
    },
    timeoutMs: PATIENCE_MS,
  });

/** One volume on a node of this guest. */
export class NodeVolume<Volume extends UsableVolume = ApplianceVolume> extends VolumeCalls<Volume> {
  constructor(
    override readonly node: Node,
    volume: Volume,
    capability: VolumeCapability,
  ) {
    super(node, volume, capability);
    mkdirSync(this.staging, { recursive: true });
    mkdirSync(join(node.folder, 'pods'), { recursive: true });
  }

  /** The device by the volume's current NQN, as sysfs has it; undefined where it is not attached. */
  device(nqn = this.volume.target.nqn): string | undefined {
    const found = subsystems().find((subsystem) => subsystem.nqn === nqn);
    return found?.devices[0];
  }

  /** What is mounted on the staging path. */
  mounts() {
    return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')).filter(
      ({ mountPoint }) => mountPoint === this.staging,
    );
  }
}

/**
 * Sees that a call fails with that code, and with such words in its message. Not `expect(…).rejects`: that waits
 * inside of the event which ended the call before, and no answer comes in any more (Bun 1.4.5 with grpc-js).
 */
export async function expectRefusal(call: Promise<unknown>, code: keyof typeof status, words = /./) {
  const answer = await call.then(
    (value) => value,
    (error: unknown) => error,
  );
  expect(answer).toMatchObject({ code: status[code], details: expect.stringMatching(words) });
}

/** Sees that a call is refused in the end; what does not answer yet is not refused yet. */
export async function untilRefused(
  call: () => Promise<unknown>,
  code: keyof typeof status,
  words?: RegExp,
): Promise<void> {
  let answer: Promise<unknown> = Promise.resolve();
  await untilSucceeds(async () => {
    const error = await call().catch((cause: unknown) => cause);
    if (error instanceof Error && error.message.includes('UNAVAILABLE')) throw error;
    answer = error instanceof Error ? Promise.reject(error) : Promise.resolve(error);
    answer.catch(() => undefined);
  });
  await expectRefusal(answer, code, words);
}
