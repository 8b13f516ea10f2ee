import { cpus, loadavg } from 'node:os';

/** What the figures were measured on; the load tells whether it had anything else to do. */
export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  bun: Bun.version,
  load: loadavg().map((load) => Math.round(load * 10) / 10),
});
