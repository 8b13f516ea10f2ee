import { openDataFolder } from '../../src/backends/mock/data-folder/open-data-folder.ts';
import { MockBackend } from '../../src/backends/mock/mock-backend.ts';
import { detachedContext } from '../../src/core/call-context.ts';
import { APPLIANCE, mockOptions, naming, random } from './mock-fixtures.ts';
import { CHANGES } from './mock-operations.ts';

/**
 * A process that is killed before the nth step of a change, or of opening the folder: `path change nth`. Ends with 0
 * if the change has fewer steps.
 */
const [path = '', change = '', nth = ''] = process.argv.slice(2);
let left = Number.POSITIVE_INFINITY;
const beforeStep = (): void => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
};

if (change === 'open') left = Number(nth);
const stores = await openDataFolder({ path, appliance: APPLIANCE, naming, random, beforeStep });
const backend = new MockBackend(mockOptions(stores));
const operate = CHANGES[change];
if (operate) {
  left = Number(nth);
  await operate(backend, detachedContext(AbortSignal.timeout(20_000)));
}
await backend.close();
