import { randomBytes } from 'node:crypto';
import { SystemClock } from '../../src/core/clock.ts';
import { Appliance } from './appliance/appliance.ts';
import type { ApplianceOptions } from './appliance/options.ts';
import { StateFolder } from './appliance/state-folder.ts';
import { ControlServer } from './control/control-server.ts';
import type { FaultRule } from './faults/fault-rule.ts';
import type { FaultRules } from './faults/fault-rules.ts';
import { Host } from './host.ts';
import type { Journal } from './journal/journal.ts';
import type { Latency, LatencyRules } from './latency/latency.ts';
import type { Relay } from './relay/relay.ts';
import { ScriptAppliance } from './script-appliance.ts';
import type { SshAssumptions } from './ssh/assumptions.ts';
import { KeyPair } from './ssh/key-pair.ts';
import { StateSaver } from './state-saver.ts';

const TiB = 1024n ** 4n;

/** The policies of the driver's user. ASSUMED[disk-policies]: these are enough. */
const DRIVER_POLICIES = ['ssh', 'read', 'write', 'test'];

export interface SimulatorOptions {
  /**
   * The appliance. What is absent: RouterOS 7.22.3, one btrfs pool `pool1` of 1 TiB, the user `rose-csi` alone, system
   * clock, real randomness.
   */
  readonly appliance?: Partial<ApplianceOptions>;
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** Private keys in OpenSSH's format, at most one of each type. Default: an ed25519 key of its own. */
  readonly hostKeys?: readonly string[];
  /** The private key of `rose-csi`. Default: one of its own. */
  readonly userKey?: string;
  /** Where the appliance's state is read from and written to. Default: nowhere. */
  readonly stateFolder?: string;
  readonly latency?: LatencyRules;
  readonly faults?: readonly FaultRule[];
  readonly ssh?: Partial<SshAssumptions>;
  /** Port of the control interface on 127.0.0.1, 0 for a free one. Default: none. */
  readonly controlPort?: number;
}

/** A RouterOS appliance behind a real SSH service. Everything is its own: several run side by side. */
export class Simulator {
  /** The user that a driver logs in as, by `userKey`. */
  static readonly user = 'rose-csi';
  private ended: Promise<void> | undefined;

  private constructor(
    /** The model, for assertions and accidents. */
    readonly appliance: Appliance,
    private readonly host: Host,
    private readonly hostKey: KeyPair,
    /** The private key of `rose-csi`, in OpenSSH's format. */
    readonly userKey: string,
    private readonly control: ControlServer | undefined,
    private readonly save: () => Promise<void>,
  ) {}

  /** @throws Error where the port cannot be had, or the state folder holds what cannot be read */
  static async start(options: SimulatorOptions = {}): Promise<Simulator> {
    const hostKeys = options.hostKeys?.map(KeyPair.parse) ?? [KeyPair.generate()];
    const [hostKey] = hostKeys;
    if (!hostKey) throw new RangeError('a simulator needs a host key');
    const userKey = options.userKey === undefined ? KeyPair.generate() : KeyPair.parse(options.userKey);
    const { appliance, save } = await openAppliance(options, userKey);
    const { listen, latency, ssh } = options;
    const host = await Host.start({
      appliance: new ScriptAppliance(appliance, save),
      hostKeys,
      clock: options.appliance?.clock ?? new SystemClock(),
      random: Math.random,
      listen: { host: listen?.host ?? '127.0.0.1', port: listen?.port ?? 0 },
      assumptions: { ...appliance.assumptions, ...ssh },
      ...(latency ? { latency } : {}),
    });
    for (const rule of options.faults ?? []) host.faults.add(rule);
    const control =
      options.controlPort === undefined ? undefined : new ControlServer(host, appliance, options.controlPort);
    return new Simulator(appliance, host, hostKey, userKey.pem, control, save);
  }

  /** The SSH port; the same through every reboot. */
  get port(): number {
    return this.host.port;
  }

  /** `SHA256:…` of the first host key. */
  get hostKeyFingerprint(): string {
    return this.hostKey.fingerprint;
  }

  /** `ssh-ed25519 AAAA…`, the first host key as known_hosts has it. */
  get hostKeyLine(): string {
    return this.hostKey.line;
  }

  /** `http://127.0.0.1:PORT/`, where there is a control interface. */
  get controlUrl(): string | undefined {
    return this.control?.url;
  }

  get faults(): FaultRules {
    return this.host.faults;
  }

  get latency(): Latency {
    return this.host.latency;
  }

  get journal(): Journal {
    return this.host.journal;
  }

  /** Sessions that are logged in now. */
  get sessions(): number {
    return this.host.sessions;
  }

  /** Drops every session and script, keeps the configuration. Resolves once the appliance serves again. */
  reboot({ awayMs }: { readonly awayMs: number }): Promise<void> {
    return this.host.reboot(awayMs);
  }

  /** Resolves once every reboot that has begun is over. */
  whenUp(): Promise<void> {
    return this.host.whenUp();
  }

  /** Ends every session at once; new ones are taken. */
  dropSessions(): void {
    this.host.dropSessions();
  }

  /** Drops every packet of the sessions there are, which stay open. New ones are served. */
  silenceSessions(): void {
    this.host.silenceSessions();
  }

  /** A network in front of the appliance. Stopped together with it. */
  relay(network: { readonly roundTripMs: number }): Promise<Relay> {
    return this.host.relay(network);
  }

  /** Ends everything and saves the state, once however often it is asked. */
  stop(): Promise<void> {
    this.ended ??= this.end();
    return this.ended;
  }

  private async end(): Promise<void> {
    await this.control?.stop();
    await this.host.stop();
    await this.save();
  }
}

async function openAppliance(
  options: SimulatorOptions,
  userKey: KeyPair,
): Promise<{ appliance: Appliance; save: () => Promise<void> }> {
  const folder = options.stateFolder === undefined ? undefined : new StateFolder(options.stateFolder);
  const given = options.appliance ?? {};
  const driver = { name: Simulator.user, policies: DRIVER_POLICIES, publicKeys: [userKey.line] };
  const others = (given.users ?? []).filter(({ name }) => name !== Simulator.user);
  const appliance = new Appliance(
    {
      version: '7.22.3',
      pools: [{ slot: 'pool1', fs: 'btrfs', bytes: TiB }],
      clock: new SystemClock(),
      random: randomBytes,
      ...given,
      users: given.users?.find(({ name }) => name === Simulator.user) ? given.users : [driver, ...others],
    },
    await folder?.load(),
  );
  const saver = new StateSaver(async () => folder?.save(appliance.state()));
  return { appliance, save: () => (folder ? saver.save() : Promise.resolve()) };
}
