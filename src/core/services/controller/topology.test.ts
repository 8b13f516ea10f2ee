import { describe, expect, test } from 'bun:test';
import { applianceSegments, reaches, satisfies } from './topology.ts';

const OURS = applianceSegments('rose-csi.io', 'rds1');
const node = (...appliances: string[]) => ({
  segments: Object.assign({ zone: 'a' }, ...appliances.map((name) => applianceSegments('rose-csi.io', name))),
});

describe('topology', () => {
  test('a node that reaches several appliances can use a volume of each', () => {
    expect(reaches(node('rds1', 'rds2'), OURS)).toBe(true);
    expect(reaches(node('rds2'), OURS)).toBe(false);
  });

  test('no requirement, or one without segments, restricts nothing', () => {
    expect(satisfies(undefined, OURS)).toBe(true);
    expect(satisfies({ requisite: [], preferred: [node('rds2')] }, OURS)).toBe(true);
    expect(reaches({ segments: {} }, OURS)).toBe(true);
  });

  test('one requisite topology that fits is enough', () => {
    expect(satisfies({ requisite: [node('rds2'), node('rds1')], preferred: [] }, OURS)).toBe(true);
    expect(satisfies({ requisite: [node('rds2')], preferred: [] }, OURS)).toBe(false);
  });

  test('what is preferred decides nothing where there is one appliance: the requisite topologies do', () => {
    const requisite = [node('rds1'), node('rds2')];
    expect(satisfies({ requisite, preferred: [node('rds2')] }, OURS)).toBe(true);
    expect(satisfies({ requisite: [node('rds2')], preferred: [node('rds2')] }, OURS)).toBe(false);
  });
});
