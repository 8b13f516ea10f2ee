import { MiB } from '../../../../core/bytes.ts';
import type { NvmePorts } from '../../operations/ports.ts';
import type { Code } from '../../script/code.ts';
import { command } from '../../script/command.ts';
import type { Reply } from '../../script/reply.ts';
import type { Patient } from '../patient.ts';

/** Of the volumes that are tried. */
export const TRIAL_BYTES = 16n * MiB;
/** What stands before everything that the doctor makes; volumes of clusters are never called so. */
export const SLOT_PREFIX = 'csi-doctor-';
const FOLDER = 'csi-doctor';
/** Not below any base of a driver: no node touches it. */
const NQN_BASE = 'nqn.2026-11.io.rose-csi-doctor';

export interface TrialPool {
  /** Its mount point. */
  readonly name: string;
  readonly fs: string;
  readonly label: string;
}

/** Where trials work: names that nobody else has, so that all of it can be found and removed. */
export class Bench {
  /** The doctor's folder was there before, with something of others in it perhaps. */
  folderWasThere = false;
  /** `/file` does not see what lies this deep: nor can it be removed over `/file`. */
  blind = false;

  /**
   * @param run eight hex digits, drawn
   * @param port that no disk uses
   */
  constructor(
    private readonly patient: Pick<Patient, 'ask'>,
    readonly run: string,
    readonly pool: TrialPool,
    readonly port: number,
  ) {}

  slot(letter: string): string {
    return `${SLOT_PREFIX}${this.run}-${letter}`;
  }

  nqn(letter: string): string {
    return `${NQN_BASE}:${this.run}.${letter}`;
  }

  /** All runs'. */
  get parent(): string {
    return `${this.pool.name}/${FOLDER}`;
  }

  /** As `/file` names it. */
  get folder(): string {
    return `${this.parent}/${this.run}`;
  }

  /** Relative to the root of the file system. */
  subvolume(name: string): string {
    return `${FOLDER}/${this.run}/${name}`;
  }

  file(name: string): string {
    return `${this.folder}/${name}`;
  }

  image(letter: string): string {
    return `/${this.file(`${letter}.img`)}`;
  }

  /** A disk of its own on `image`, not exported. */
  add(letter: string, path = this.image(letter), bytes = TRIAL_BYTES): Code {
    return command('/disk', 'add', {
      type: 'file',
      slot: this.slot(letter),
      'file-path': path,
      'file-size': bytes,
      'mount-filesystem': false,
      'nvme-tcp-export': false,
    });
  }

  ask(operation: string, body: readonly Code[]): Promise<Reply> {
    return this.patient.ask(operation, body);
  }
}

/** @param used ports that disks have */
export function freePort(ports: NvmePorts, used: ReadonlySet<number>): number {
  if (ports.mode === 'shared') return ports.port;
  for (let port = ports.last; port >= ports.first; port -= 1) if (!used.has(port)) return port;
  throw new Error('every port of RDS_NVME_PORTS is used: none is left to try an export on');
}
