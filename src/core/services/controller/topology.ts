import type { Topology, TopologyRequirement } from '../../csi/generated/csi.ts';

/**
 * A node carries one segment for each appliance that it reaches, a volume the one of its own appliance; so
 * several appliances may be reached by different, overlapping sets of nodes.
 */
export function applianceSegments(driverName: string, appliance: string): Record<string, string> {
  return { [`${driverName}/appliance-${appliance}`]: 'true' };
}

/** Whether nodes of a topology can use what has these segments; a topology without segments restricts nothing. */
export function reaches(topology: Topology, segments: Readonly<Record<string, string>>): boolean {
  return (
    Object.keys(topology.segments).length === 0 ||
    Object.entries(segments).every(([key, value]) => topology.segments[key] === value)
  );
}

/**
 * How early in a request's preferred topologies what has these segments comes, 0 first; what is in none of them comes
 * last (CSI v1.13, TopologyRequirement).
 */
export function preference(
  requirement: TopologyRequirement | undefined,
  segments: Readonly<Record<string, string>>,
): number {
  const preferred = requirement?.preferred ?? [];
  const index = preferred.findIndex((topology) => reaches(topology, segments));
  return index < 0 ? preferred.length : index;
}

/** Whether a volume with these segments satisfies a request's requisite topologies (CSI: any one of them). */
export function satisfies(
  requirement: TopologyRequirement | undefined,
  segments: Readonly<Record<string, string>>,
): boolean {
  const requisite = requirement?.requisite ?? [];
  return requisite.length === 0 || requisite.some((topology) => reaches(topology, segments));
}
