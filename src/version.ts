import { version } from '../package.json' with { type: 'json' };

/** The driver's version, as GetPluginInfo and the logs give it. */
export const VERSION = version;
