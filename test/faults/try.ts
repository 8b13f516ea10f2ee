import { World } from './world.ts';
import { sweep } from './sweep.ts';
import { VOLUME_SCENARIOS } from './volume-scenarios.ts';
import { PUBLICATION_SCENARIOS } from './publication-scenarios.ts';
import { SNAPSHOT_SCENARIOS } from './snapshot-scenarios.ts';
import { LIST_SCENARIOS } from './list-scenarios.ts';
const [,, every = '10', filter = '.'] = process.argv;
const world = await World.open();
for (const s of [...VOLUME_SCENARIOS, ...PUBLICATION_SCENARIOS, ...SNAPSHOT_SCENARIOS, ...LIST_SCENARIOS]) {
  if (!new RegExp(filter).test(s.title)) continue;
  const t = performance.now();
  const r = await sweep(world, s, { every: Number(every) }).catch(e => ({ cases: 0, succeeded: 0, missed: 0, failures: ['SETUP ' + s.title + (e as Error).stack] }));
  console.log(s.title, r.cases, 'ok', r.succeeded, 'missed', r.missed, 'failures', r.failures.length, Math.round(performance.now() - t), 'ms');
  for (const f of r.failures.slice(0, 12)) console.log('   ', f.slice(0, 400));
}
await world.close();
process.exit(0);
