/** Preloaded into a driver: at its exit it writes the path of every module that was loaded into `LOADED_MODULES`. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const target = process.env['LOADED_MODULES'];
  if (target) writeFileSync(target, Object.keys(require.cache).join('\n'));
});
