import { z } from 'zod';
import {
  CONNECTION_NAMES,
  type Connection,
  type ConnectionChange,
  type ConnectionOptions,
  DEFAULT_CONNECTION_OPTIONS as DEFAULTS,
} from '../storage/connection-options.ts';

/**
 * How a volume's node connects, as parameters of its StorageClass. Kubernetes keeps them in the volume context (a
 * PersistentVolume's `volumeAttributes`), where the node reads them. Why these defaults: docs/decisions/0014.
 */
export const CONNECTION_PARAMETERS = {
  ctrlLossTimeout: {
    ...between(10, 3600),
    fallback: String(DEFAULTS.ctrlLossTimeout),
    help: 'How long a lost connection is tried again before its users get an error, seconds. A node that shuts down may wait as long, so there is no endless value.',
  },
  reconnectDelay: {
    ...between(1, 60),
    fallback: String(DEFAULTS.reconnectDelay),
    help: 'Between two attempts to connect again, seconds.',
  },
  fastIoFailTimeout: {
    schema: z.union([z.literal('off'), between(1, 3600).schema]),
    allowed: 'off, or whole seconds from 1 to 3600',
    fallback: String(DEFAULTS.fastIoFailTimeout),
    help: 'After which time without a connection I/O fails, while it is still tried again. A file system that gets an error stops taking writes: for raw block only.',
  },
  keepAliveTimeout: {
    ...between(2, 120),
    fallback: String(DEFAULTS.keepAliveTimeout),
    help: 'After which silence a connection is taken as lost, seconds.',
  },
  queues: {
    schema: between(1, 128).schema,
    allowed: 'a whole number from 1 to 128',
    fallback: String(DEFAULTS.queues),
    help: 'I/O queues of a connection, each a TCP connection; no more than the node has CPUs are made.',
  },
} as const;

function between(least: number, most: number) {
  const isWithin = (text: string) => Number(text) >= least && Number(text) <= most;
  const schema = z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .refine(isWithin);
  return { schema, allowed: `whole seconds from ${least} to ${most}` };
}

/** What of a class' parameters goes into the volume context. They have been checked. */
export function connectionContext(parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).filter(([key]) => Object.hasOwn(CONNECTION_PARAMETERS, key)),
  );
}

/**
 * What a request's field says of a connection; other keys are others' to read.
 * @throws RangeError that names every wrong value, with what is allowed
 */
export function readConnection(field: string, given: Readonly<Record<string, string>>): ConnectionChange {
  const said = CONNECTION_NAMES.flatMap((name) => {
    const text = given[name];
    return text === undefined ? [] : [{ name, text, ...CONNECTION_PARAMETERS[name] }];
  });
  const faults = said
    .filter(({ schema, text }) => !schema.safeParse(text).success)
    .map(({ name, text, allowed }) => `${field}.${name} is ${JSON.stringify(text)}; allowed: ${allowed}`);
  if (faults.length > 0) throw new RangeError(faults.join('; '));
  return Object.fromEntries(
    said.map(({ name, text }) => [name, text === 'off' ? 'off' : Number(text)]),
  ) as ConnectionChange;
}

/** As {@link readConnection} reads it. */
export const writeConnection = (connection: ConnectionChange = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(connection).map(([name, value]) => [name, String(value)]));

/**
 * A volume context's connection; what it does not say is as by default. A person may have written it (a
 * PersistentVolume made by hand). What was modified since wins: a PersistentVolume's context never changes.
 * @throws RangeError that names every wrong value, with what is allowed
 */
export const connectionOptions = (
  volumeContext: Readonly<Record<string, string>>,
  { connection }: Connection = {},
): ConnectionOptions => ({
  ...DEFAULTS,
  ...readConnection('volume_context', volumeContext),
  ...connection,
});
