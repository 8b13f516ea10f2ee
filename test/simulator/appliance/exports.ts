import type { Assumptions } from './assumptions.ts';
import type { ExportedImage, Exporter } from './ports.ts';

/** What an initiator is told. closed: nobody listens; unknown: the portal answers and refuses the NQN. */
export type ConnectRefusal = 'port closed' | 'subsystem unknown' | 'host not allowed';

export class NvmeRefused extends Error {
  constructor(readonly reason: ConnectRefusal) {
    super(`NVMe/TCP: ${reason}`);
  }
}

/** A host's connection, as a test plays it. */
export class InitiatorSession {
  private open = true;

  constructor(
    readonly image: ExportedImage,
    readonly hostNqn: string,
    private readonly size: () => bigint | undefined,
    private readonly onWrite: (slot: string, bytes: bigint) => void,
    private readonly onClose: (session: InitiatorSession) => void,
  ) {}

  /** Reads and writes reach the image. */
  get live(): boolean {
    return this.open;
  }

  /** The namespace's size, as a rescan would give it. */
  get bytes(): bigint {
    return this.size() ?? this.image.bytes;
  }

  /** The host writes. @param bytes newly taken on the pool. @throws Error the session is gone */
  write(bytes = 0n): void {
    if (!this.open) throw new Error(`${this.hostNqn} has no connection to ${this.image.nqn} any more`);
    this.onWrite(this.image.slot, bytes);
  }

  disconnect(): void {
    if (!this.open) return;
    this.open = false;
    this.onClose(this);
  }
}

/** Which NQN is served on which port, and who is connected. */
export class Exports {
  private readonly served = new Map<string, ExportedImage>();
  /** Slots by what they serve, so that ten thousand exports cost no more than one. */
  private readonly slotsByNqn = new Map<string, Set<string>>();
  private readonly slotsByPort = new Map<number, Set<string>>();
  /** After a reboot: not yet served, in order; ms of the monotonic clock. */
  private late: { readonly image: ExportedImage; readonly at: number }[] = [];
  private readonly sessions = new Set<InitiatorSession>();

  constructor(
    private readonly exporter: Exporter,
    private readonly assumptions: Assumptions,
    private readonly monotonic: () => number,
    private readonly onWrite: (slot: string, bytes: bigint) => void,
  ) {}

  start(image: ExportedImage): void {
    this.stop(image.slot);
    this.served.set(image.slot, image);
    index(this.slotsByNqn, image.nqn).add(image.slot);
    index(this.slotsByPort, image.port).add(image.slot);
    this.exporter.start(image);
  }

  /** As after a reboot, by assumption. */
  startAtBoot(images: readonly ExportedImage[]): void {
    for (const image of images) {
      if (this.assumptions.rebootExports === 'at-once') this.start(image);
      else {
        const at = this.monotonic() + this.assumptions.rebootExportMs * (this.late.length + 1);
        this.late.push({ image, at });
      }
    }
  }

  /** @param keepSessions the host goes on writing, although nobody can connect any more */
  stop(slot: string, keepSessions = false): void {
    this.late = this.late.filter(({ image }) => image.slot !== slot);
    const image = this.served.get(slot);
    if (!image) return;
    this.served.delete(slot);
    index(this.slotsByNqn, image.nqn).delete(slot);
    index(this.slotsByPort, image.port).delete(slot);
    this.exporter.stop(image, keepSessions);
    if (!keepSessions) for (const session of this.sessionsOf(slot)) session.disconnect();
  }

  resize(slot: string, bytes: bigint): void {
    const image = this.served.get(slot);
    if (!image) return;
    const next = { ...image, bytes };
    this.served.set(slot, next);
    this.exporter.resize(next);
  }

  /** @throws NvmeRefused */
  connect(nqn: string, port: number, hostNqn: string): InitiatorSession {
    this.settle();
    const onPort = index(this.slotsByPort, port);
    const slot = [...index(this.slotsByNqn, nqn)].find((candidate) => onPort.has(candidate));
    const image = slot === undefined ? undefined : this.served.get(slot);
    const opensLater = this.late.some((entry) => entry.image.port === port);
    if (onPort.size === 0 && !opensLater) throw new NvmeRefused('port closed');
    if (!image) throw new NvmeRefused('subsystem unknown');
    if (!this.allows(image, hostNqn)) throw new NvmeRefused('host not allowed');
    const session = new InitiatorSession(
      image,
      hostNqn,
      () => this.served.get(image.slot)?.bytes,
      this.onWrite,
      (closed) => this.sessions.delete(closed),
    );
    this.sessions.add(session);
    return session;
  }

  sessionsOf(slot: string): readonly InitiatorSession[] {
    return [...this.sessions].filter(({ image }) => image.slot === slot);
  }

  /** Whether a host is connected to what the slot serves, a played or a real one. */
  isUsed(slot: string): boolean {
    const image = this.served.get(slot);
    return this.sessionsOf(slot).length > 0 || (image !== undefined && this.exporter.isUsed(image));
  }

  list(): readonly ExportedImage[] {
    this.settle();
    return [...this.served.values()];
  }

  /** Whether the slot is served, or will be when it is its turn after a boot. */
  serves(slot: string): boolean {
    return this.served.has(slot) || this.late.some(({ image }) => image.slot === slot);
  }

  /** Whether another slot serves that NQN. */
  servesNqn(nqn: string, except: string | undefined): boolean {
    this.settle();
    return [...index(this.slotsByNqn, nqn)].some((slot) => slot !== except);
  }

  /** Whether another slot is served on that port. */
  servesPort(port: number, except: string | undefined): boolean {
    this.settle();
    const slots = index(this.slotsByPort, port);
    return slots.size > (except !== undefined && slots.has(except) ? 1 : 0);
  }

  /** Power goes: every session is gone, nothing is served. */
  drop(): void {
    this.late = [];
    for (const slot of [...this.served.keys()]) this.stop(slot);
    for (const session of [...this.sessions]) session.disconnect();
    this.exporter.drop();
  }

  private settle(): void {
    const now = this.monotonic();
    const due = this.late.filter(({ at }) => at <= now);
    this.late = this.late.filter(({ at }) => at > now);
    for (const { image } of due) this.start(image);
  }

  private allows(image: ExportedImage, hostNqn: string): boolean {
    if (image.allowHostName === '') return true;
    const one = this.assumptions.allowHostName === 'one-host-nqn';
    return (one ? [image.allowHostName] : image.allowHostName.split(',')).includes(hostNqn);
  }
}

function index<K>(slots: Map<K, Set<string>>, key: K): Set<string> {
  const found = slots.get(key);
  if (found) return found;
  const made = new Set<string>();
  slots.set(key, made);
  return made;
}
