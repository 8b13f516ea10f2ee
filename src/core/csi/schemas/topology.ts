import { z } from 'zod';
import type { Topology, TopologyRequirement } from '../generated/csi.ts';
import { map } from './fields.ts';
import { checked, message } from './rule.ts';

/** Far more than there are appliances: one entry a combination of segments. */
const LISTS_MAX = 1024;

const topology = message<Topology>({ segments: map });

const topologies = checked(z.array(topology), `up to ${LISTS_MAX}`, (value) =>
  value.length > LISTS_MAX ? [{ fault: `has ${value.length} entries` }] : [],
);

export const optionalTopology = topology.optional();

export const optionalTopologyRequirement = message<TopologyRequirement>({
  requisite: topologies,
  preferred: topologies,
}).optional();
