import { z } from 'zod';
import { answerDisks, type DiskRow, disksOf, portOf } from '../../operations/disk-row.ts';
import type { NvmePorts } from '../../operations/ports.ts';
import { recordedPort } from '../../records/volume-record.ts';
import { each, matches, property, variable } from '../../script/code.ts';
import { rows } from '../../script/command.ts';
import { answer } from '../../script/script.ts';
import { allAnswered } from '../answers.ts';
import { type Check, type Finding, failed, ok, warning } from '../check.ts';

/** What RouterOS gives an item whose port nobody has set. */
const DEFAULT_PORT = 4420;

const serviceSchema = z.object({ name: z.string(), port: z.coerce.number() });
type Service = z.infer<typeof serviceSchema>;

export const portsCheck = (ports: NvmePorts): Check => ({
  id: 'nvme-ports',
  title: 'the NVMe/TCP ports are free for volumes',
  needs: ['version', 'package'],
  run: async (patient) => {
    const reply = await patient.ask('ports', [
      answerDisks(matches(property('slot'), '.')),
      each('s', rows('/ip/service', ['name', 'port']), [answer('service', variable('s'))]),
    ]);
    const services = allAnswered(reply, 'service').map((value) => serviceSchema.parse(value));
    return judge(disksOf(reply), services, ports);
  },
});

function judge(disks: readonly DiskRow[], services: readonly Service[], ports: NvmePorts): Finding {
  const [first, last] = ports.mode === 'shared' ? [ports.port, ports.port] : [ports.first, ports.last];
  const inRange = (port: number | undefined): boolean => port !== undefined && port >= first && port <= last;
  const service = services.find(({ port }) => inRange(port));
  if (service) {
    return failed(
      `/ip/service ${service.name} has port ${service.port}`,
      'choose other ports in RDS_NVME_PORTS, or for the service',
    );
  }
  if (ports.mode === 'shared') {
    return warning(
      `all volumes share port ${ports.port}`,
      'mounts may be lost when the appliance reboots: RDS_NVME_PORTS with a range avoids it',
    );
  }
  const volumes = disks.filter(({ comment }) => recordedPort(comment) !== undefined);
  const others = disks.filter((disk) => !volumes.includes(disk) && inRange(portOf(disk)));
  if (others.length > 0) {
    return warning(
      `disks that are no volumes use ports of the range: ${others.map(({ slot }) => slot).join(', ')}`,
      'the driver goes around them; choose other ports for them, or another range',
    );
  }
  return judgeVolumes(volumes, inRange, first, last);
}

function judgeVolumes(
  volumes: readonly DiskRow[],
  inRange: (port: number | undefined) => boolean,
  first: number,
  last: number,
): Finding {
  const used = volumes.map(portOf).filter(inRange);
  const shared = volumes.filter((disk) =>
    volumes.some((other) => other !== disk && portOf(other) === portOf(disk)),
  );
  if (shared.length > 0) {
    return warning(
      `volumes share a port: ${shared.map(({ slot }) => slot).join(', ')}`,
      'their mounts may be lost when the appliance reboots; make them anew when it suits',
    );
  }
  const count = last - first + 1;
  const seen = `${first} to ${last}: ${used.length} of ${count} used`;
  if (used.length * 10 > count * 9) return warning(seen, 'widen RDS_NVME_PORTS before it is full');
  if (inRange(DEFAULT_PORT)) {
    return warning(
      `${seen}; ${DEFAULT_PORT} is in the range`,
      `RouterOS gives ${DEFAULT_PORT} to every disk for which nobody has set another: choose a range without it`,
    );
  }
  return ok(`${seen}; firewalls between nodes and appliance must let them through`);
}
