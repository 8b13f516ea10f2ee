/**
 * `bun test/bench/prober.ts <endpoint>`: asks Probe again and again, 10 ms apart, until its standard input ends; then
 * prints the times in ms as JSON. A process of its own: beside a hundred calls of the same process, the time of a
 * Probe would be theirs.
 */
import { connectCsi } from '../../src/core/csi/client.ts';
import { timed } from './statistics.ts';

const APART_MS = 10;
const WARM_UP = 300;

const client = connectCsi(process.argv[2] ?? '');
const samples: number[] = [];
let ended = false;
for (let count = 0; count < WARM_UP; count += 1) await client.identity.probe({});
process.stdout.write('ready\n');
process.stdin.on('end', () => {
  ended = true;
});
process.stdin.resume();
while (!ended) {
  samples.push(await timed(() => client.identity.probe({})));
  await Bun.sleep(APART_MS);
}
client.close();
process.stdout.write(`${JSON.stringify(samples)}\n`);
process.exit(0);
