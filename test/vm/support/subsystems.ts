import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/class/nvme-subsystem';

interface Seen {
  readonly nqn: string;
  /** Controllers with their state, such as `nvme0 live`. */
  readonly controllers: readonly string[];
  /** Such as `/dev/nvme0n1`. */
  readonly devices: readonly string[];
}

/** What the kernel is connected to: the tests' own look, independent of the driver's. */
export function subsystems(): Seen[] {
  return names(ROOT).map((name) => {
    const folder = join(ROOT, name);
    const controllers = names(folder).filter((entry) => /^nvme\d+$/.test(entry));
    const places = [folder, ...controllers.map((controller) => join(folder, controller))];
    const devices = places.flatMap(names).filter((entry) => /^nvme\d+n\d+$/.test(entry));
    return {
      nqn: text(join(folder, 'subsysnqn')),
      controllers: controllers.map(
        (controller) => `${controller} ${text(join(folder, controller, 'state'))}`,
      ),
      devices: devices.map((device) => `/dev/${device}`),
    };
  });
}

/** The states of a subsystem's controllers. */
export const statesOf = (nqn: string): string[] =>
  subsystems()
    .filter((seen) => seen.nqn === nqn)
    .flatMap(({ controllers }) =>
      controllers.map((controller) => controller.slice(controller.indexOf(' ') + 1)),
    );

/** How a subsystem's controllers are connected, as sysfs has it. */
export const connectionsOf = (nqn: string): Record<string, string>[] =>
  subsystems()
    .filter((seen) => seen.nqn === nqn)
    .flatMap(({ controllers }) => controllers)
    .map((controller) => {
      const folder = join('/sys/class/nvme', controller.slice(0, controller.indexOf(' ')));
      const attributes = ['ctrl_loss_tmo', 'reconnect_delay', 'kato', 'fast_io_fail_tmo', 'queue_count'];
      return Object.fromEntries(attributes.map((name) => [name, text(join(folder, name))]));
    });

const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
