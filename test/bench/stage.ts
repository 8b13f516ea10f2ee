import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DriverProcess } from '../../src/commands/demo/driver-process.ts';
import { NqnNaming } from '../../src/core/storage/nqn.ts';
import { volumeId } from '../../src/core/storage/volume-id.ts';
import { ext4 } from '../../src/node/filesystems/ext4.ts';
import { sh } from '../host/support/shell.ts';
import { exportFor, MiB, stageRequest } from '../support/node/node-requests.ts';
import type { Figure } from './report.ts';
import { median } from './statistics.ts';

const ROUNDS = 15;
const BYTES = 64n * MiB;
const START_MS = 30_000;
const BASE = 'nqn.2026-01.test.bench';

/** One round's times, ms. */
interface Round {
  readonly losetup: number;
  readonly mkfs: number;
  readonly mount: number;
  readonly first: number;
  readonly again: number;
}

/**
 * What NodeStageVolume costs beyond the programs that do its work, over the loop transport: each of them alone, then a
 * stage of another image just like it, in turns, so that a mood of the machine meets both. The driver runs as it is to
 * be deployed. Needs root; without, it says so and gives no figures.
 */
export async function stageFigures(command: readonly string[]): Promise<Figure[]> {
  if (process.getuid?.() !== 0) {
    process.stdout.write('  a stage makes loop devices and mounts: it is measured as root only\n');
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'rose-csi-bench-'));
  const settings = { CSI_MODE: 'node', NODE_NAME: 'bench-node', NQN_BASE: BASE, BUN_JSC_useJIT: '0' };
  const driver = await DriverProcess.start({ command, folder, settings, timeoutMs: START_MS });
  try {
    const rounds: Round[] = [];
    for (let at = 0; at < ROUNDS; at += 1) {
      const alone = programsAlone(newFolder(folder, `alone-${at}`));
      rounds.push({ ...alone, ...(await stages(driver, newFolder(folder, `stage-${at}`))) });
    }
    return figuresOf(rounds);
  } finally {
    await driver.stop();
    rmSync(folder, { recursive: true });
  }
}

function figuresOf(rounds: readonly Round[]): Figure[] {
  const of = (part: keyof Round) => median(rounds.map((round) => round[part]));
  const attach = of('losetup');
  const mount = of('mount');
  const figures: [string, number][] = [
    ['losetup alone', attach],
    ['mkfs.ext4 alone', of('mkfs')],
    ['mount alone', mount],
    ['first stage over loop', of('first')],
    ['first stage, beyond losetup, mkfs and mount', of('first') - attach - of('mkfs') - mount],
    ['stage again over loop', of('again')],
    ['stage again, beyond losetup and mount', of('again') - attach - mount],
  ];
  return figures.map(([name, value]) => ({ name, value, unit: 'ms' }));
}

/** What a stage has the system do, with the driver's own arguments and nothing around it. */
function programsAlone(folder: string): Pick<Round, 'losetup' | 'mkfs' | 'mount'> {
  const image = newImage(join(folder, 'image'));
  const staging = newFolder(folder, 'staging');
  let device = '';
  const losetup = elapsed(() => {
    device = sh('losetup', '--find', '--show', '--sector-size', '512', '--direct-io=on', image);
  });
  try {
    const mkfs = elapsed(() => sh(...ext4.mkfs(device, false)));
    const options = ['rw', ...ext4.mountOptions(false)].join(',');
    const mount = elapsed(() => sh('mount', '--types', 'ext4', '--options', options, device, staging));
    sh('umount', staging);
    return { losetup, mkfs, mount };
  } finally {
    sh('losetup', '--detach', device);
  }
}

async function stages(driver: DriverProcess, folder: string): Promise<Pick<Round, 'first' | 'again'>> {
  const id = volumeId('mock', `csi-${randomBytes(4).toString('hex')}`);
  const target = exportFor(new NqnNaming(BASE), id, { bytes: BYTES, folder });
  newImage(join(folder, target.nqn));
  const stagingTargetPath = newFolder(folder, 'staging');
  const stage = async () => {
    const begun = performance.now();
    try {
      await driver.client.node.nodeStageVolume(stageRequest(id, target, stagingTargetPath));
      return performance.now() - begun;
    } finally {
      await driver.client.node.nodeUnstageVolume({ volumeId: id, stagingTargetPath });
    }
  };
  return { first: await stage(), again: await stage() };
}

function newImage(path: string): string {
  writeFileSync(path, '');
  truncateSync(path, Number(BYTES));
  return path;
}

function newFolder(...parts: readonly [string, string]): string {
  const path = join(...parts);
  mkdirSync(path);
  return path;
}

/** ms */
function elapsed(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
