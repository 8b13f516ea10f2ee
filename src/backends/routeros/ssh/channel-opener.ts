import type { Client, ClientChannel } from 'ssh2';

/** What becomes of one session channel. `opened` and `started` come at most once each, in this order. */
export interface ChannelEvents {
  /** It is open. The line may be given now or later; the exec request is written within `start`. */
  opened(start: (line: string) => void): void;
  /** The appliance has taken the line. Listeners for its reply are to be attached at once. */
  started(channel: ClientChannel): void;
  /** It was refused, or was closed before it started. */
  failed(error: Error): void;
}

/** Asks for a session channel. Never throws. */
export type ChannelOpener = (events: ChannelEvents) => void;

/** What is used of ssh2 beyond its public interface: the method that writes an exec request. */
interface ExecWriter {
  exec(channel: number, command: string, wantReply: boolean): void;
}

/**
 * Opens session channels whose line is given later. ssh2's public `exec` opens a channel and, once that is confirmed,
 * writes the exec request: two round trips, and nobody learns when the second begins. Here that second step is held
 * back until there is a line, so that a channel can be opened ahead and "was it sent?" has an exact answer.
 *
 * @param client connected; its connection is this opener's alone
 * @returns undefined if ssh2 is built otherwise than expected: use {@link plainOpener}
 */
export function heldOpener(client: Client): ChannelOpener | undefined {
  const writer = execWriter(client);
  if (writer === undefined) return undefined;
  const write = writer.exec.bind(writer);
  const held = new Map<string, ChannelEvents>();
  let count = 0;
  writer.exec = (channel, command, wantReply) => {
    const events = held.get(command);
    held.delete(command);
    events?.opened((line) => write(channel, line, wantReply));
  };
  return (events) => {
    // Never sent: it only tells this opener's channels apart.
    const placeholder = `channel ${++count}`;
    held.set(placeholder, events);
    execute(client, placeholder, {
      opened: () => undefined,
      started: (channel) => events.started(channel),
      failed: (error) => {
        held.delete(placeholder);
        events.failed(error);
      },
    });
  };
}

/** By ssh2's public interface only: the channel is opened when the line is there. */
export const plainOpener =
  (client: Client): ChannelOpener =>
  (events) =>
    events.opened((line) => execute(client, line, events));

function execute(client: Client, command: string, events: ChannelEvents): void {
  try {
    client.exec(command, (error, channel) => (error ? events.failed(error) : events.started(channel)));
  } catch (error) {
    // "Not connected" is thrown at once.
    events.failed(error instanceof Error ? error : new Error(String(error)));
  }
}

function execWriter(client: object): ExecWriter | undefined {
  const protocol: unknown = '_protocol' in client ? client._protocol : undefined;
  if (typeof protocol !== 'object' || protocol === null) return undefined;
  return isExecWriter(protocol) ? protocol : undefined;
}

const isExecWriter = (protocol: object): protocol is ExecWriter =>
  'exec' in protocol && typeof protocol.exec === 'function' && protocol.exec.length === 3;
