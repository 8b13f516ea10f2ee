import { EXPANSION_CAPABILITIES, PLUGIN_CAPABILITIES } from '../csi/capabilities.ts';
import { type PluginCapability, PluginCapability_Service_Type } from '../csi/generated/csi.ts';
import type { IdentityHandlers } from '../csi/handlers.ts';
import type { Logger } from '../observe/logger.ts';

export interface IdentityOptions {
  readonly driverName: string;
  readonly version: string;
  /** Whether this process serves a controller. */
  readonly controller: boolean;
  /** What is known of the storage, without asking. */
  readonly readiness: () => Readiness;
  readonly logger: Logger;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not ready, for people. */
  readonly reason?: string;
}

/** The CSI identity service. Probe answers from known state: it never waits, and logs when the answer changes. */
export function identityHandlers(options: IdentityOptions): IdentityHandlers {
  const report = readinessReport(options);
  const capabilities = pluginCapabilities(options.controller);
  return {
    getPluginInfo: async () => ({ name: options.driverName, vendorVersion: options.version, manifest: {} }),
    getPluginCapabilities: async () => ({ capabilities }),
    probe: async () => ({ ready: report() }),
  };
}

function readinessReport(options: IdentityOptions): () => boolean {
  let last: boolean | undefined;
  return () => {
    const { ready, reason } = options.readiness();
    if (ready !== last && !ready) options.logger.warn({ reason }, 'not ready');
    if (ready !== last && ready) options.logger.info({}, 'ready');
    last = ready;
    return ready;
  };
}

/** Services that a node plugin does not serve. */
const OF_CONTROLLERS: ReadonlySet<PluginCapability_Service_Type> = new Set([
  PluginCapability_Service_Type.CONTROLLER_SERVICE,
  PluginCapability_Service_Type.GROUP_CONTROLLER_SERVICE,
]);

function pluginCapabilities(controller: boolean): PluginCapability[] {
  const services = PLUGIN_CAPABILITIES.filter(({ type }) => controller || !OF_CONTROLLERS.has(type));
  return [
    ...services.map(({ type }): PluginCapability => ({ type: { $case: 'service', service: { type } } })),
    ...EXPANSION_CAPABILITIES.map(
      ({ type }): PluginCapability => ({ type: { $case: 'volumeExpansion', volumeExpansion: { type } } }),
    ),
  ];
}
