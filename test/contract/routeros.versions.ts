/** `make contract`: what `routeros.test.ts` leaves out. */
import { describePlainFiles, describeSubvolumes } from './routeros-variants.ts';

describeSubvolumes('7.21.5');
for (const version of ['7.22.3', '7.23.3']) {
  describePlainFiles(version);
  describeSubvolumes(version);
}
describePlainFiles('7.24');
