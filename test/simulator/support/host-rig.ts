import { SystemClock } from '../../../src/core/clock.ts';
import { Host, type HostOptions } from '../host.ts';
import { KeyPair } from '../ssh/key-pair.ts';
import { FakeAppliance } from './fake-appliance.ts';
import { PlainClient } from './plain-client.ts';

/** A host around a fake appliance, with a user who has a key, and clients that are closed at the end. */
export class HostRig {
  readonly appliance = new FakeAppliance();
  readonly hostKey = KeyPair.generate();
  readonly userKey = KeyPair.generate();
  private started: Host | undefined;
  private readonly clients: PlainClient[] = [];

  static async start(options: Partial<HostOptions> = {}): Promise<HostRig> {
    const rig = new HostRig();
    rig.appliance.people.set('rose-csi', {
      name: 'rose-csi',
      policies: new Set(['ssh', 'read', 'write']),
      publicKeys: [rig.userKey.line],
    });
    rig.started = await Host.start({
      appliance: rig.appliance,
      hostKeys: [rig.hostKey],
      clock: new SystemClock(),
      random: () => 0.5,
      ...options,
    });
    return rig;
  }

  get host(): Host {
    if (!this.started) throw new Error('the host was not started');
    return this.started;
  }

  /** A client that is logged in as `rose-csi`. */
  async login(options: Parameters<typeof PlainClient.connect>[0] = {}): Promise<PlainClient> {
    const client = await PlainClient.connect({
      port: this.host.port,
      username: 'rose-csi',
      privateKey: this.userKey.pem,
      ...options,
    });
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await this.host.stop();
  }
}
