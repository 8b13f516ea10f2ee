import type { Print } from '../../src/commands/demo/steps.ts';
import { Simulator } from '../simulator/simulator.ts';
import { PlainClient } from '../simulator/support/plain-client.ts';
import type { SimulatorProcess } from '../support/simulator-process.ts';

/** Somebody who logs in beside the driver, looks, and leaves. */
export class Console {
  constructor(
    private readonly simulator: Pick<SimulatorProcess, 'port' | 'userKeyFile'>,
    private readonly print: Print,
  ) {}

  /** Prints a line as it is typed, and what the appliance answers. */
  async show(line: string): Promise<void> {
    const privateKey = await Bun.file(this.simulator.userKeyFile).text();
    const { port } = this.simulator;
    const client = await PlainClient.connect({ port, username: Simulator.user, privateKey });
    try {
      const { out } = await client.exec(line);
      this.print(`        > ${line}`);
      for (const text of out.trimEnd().split('\r\n')) this.print(`        ${text}`);
    } finally {
      await client.close();
    }
  }
}
