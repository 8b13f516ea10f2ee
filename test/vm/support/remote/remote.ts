import { NODES_VARIABLE } from '../../rig/cluster.ts';
import { PATIENCE_MS } from '../patience.ts';
import { AGENT_PORT } from './protocol.ts';
import type { TaskName, Tasks } from './tasks.ts';

type Result<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

/** Another guest, on which a test has things done. */
export class Remote {
  private constructor(readonly address: string) {}

  /** The nodes of this scenario, once they have booted. @throws Error those that do not come */
  static all(): Promise<Remote[]> {
    const addresses = (process.env[NODES_VARIABLE] ?? '').split(',').filter((address) => address !== '');
    return Promise.all(addresses.map((address) => Remote.booted(address)));
  }

  private static async booted(address: string): Promise<Remote> {
    const remote = new Remote(address);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await remote.call('subsystems');
        return remote;
      } catch (cause) {
        if (performance.now() > deadline) throw new Error(`no agent answers at ${address}`, { cause });
        await Bun.sleep(200);
      }
    }
  }

  /** @throws Error what the task failed with there */
  call<Name extends TaskName>(name: Name, ...args: Parameters<Tasks[Name]>): Promise<Result<Name>> {
    return this.within(PATIENCE_MS, name, ...args);
  }

  /** As {@link call}, for what may take longer. ms */
  async within<Name extends TaskName>(
    ms: number,
    name: Name,
    ...args: Parameters<Tasks[Name]>
  ): Promise<Result<Name>> {
    const answer = await this.#post(name, args, ms);
    if ('error' in answer) throw new Error(`${name} at ${this.address}: ${answer.error}`);
    return answer.result as Result<Name>;
  }

  /** Ends the guest. */
  async end(): Promise<void> {
    await this.#post('end', [], PATIENCE_MS);
  }

  async #post(name: string, args: readonly unknown[], ms: number) {
    const response = await fetch(`http://${this.address}:${AGENT_PORT}/${name}`, {
      method: 'POST',
      body: JSON.stringify(args),
      signal: AbortSignal.timeout(ms),
    });
    return (await response.json()) as { readonly error: string } | { readonly result: unknown };
  }
}
