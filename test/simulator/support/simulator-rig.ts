import { Simulator, type SimulatorOptions } from '../simulator.ts';
import { PlainClient } from './plain-client.ts';

/** A simulator with clients that are closed at its end. */
export class SimulatorRig {
  private readonly clients: PlainClient[] = [];

  private constructor(readonly simulator: Simulator) {}

  static async start(options: SimulatorOptions = {}): Promise<SimulatorRig> {
    return new SimulatorRig(await Simulator.start(options));
  }

  /** A client that is logged in as the driver's user. */
  async login(options: Parameters<typeof PlainClient.connect>[0] = {}): Promise<PlainClient> {
    const { port, userKey } = this.simulator;
    const client = await PlainClient.connect({
      port,
      username: Simulator.user,
      privateKey: userKey,
      ...options,
    });
    this.clients.push(client);
    return client;
  }

  /** Runs a line on a connection of its own. @returns what it printed */
  async run(line: string): Promise<string> {
    const client = await this.login();
    try {
      return (await client.exec(line)).out;
    } finally {
      await client.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await this.simulator.stop();
  }
}
