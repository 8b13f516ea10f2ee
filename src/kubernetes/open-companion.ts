import type { Registry } from 'prom-client';
import { PrometheusReports } from '../core/reconcile/prometheus-reports.ts';
import type { Settings } from '../settings.ts';
import { Companion, type CompanionOptions } from './companion.ts';

export interface OpenCompanionOptions
  extends Pick<
    CompanionOptions,
    'kubernetes' | 'backends' | 'locks' | 'clock' | 'random' | 'logger' | 'identity'
  > {
  readonly settings: Settings;
  readonly registry: Registry;
}

/** The companion as the settings want it; nothing runs yet. */
export function openCompanion({ settings, registry, ...parts }: OpenCompanionOptions): Companion {
  const { DRIVER_NAME: driver, STARTUP_TAINT: taint } = settings;
  const namespace = settings.POD_NAMESPACE || parts.kubernetes.credentials.namespace;
  return new Companion({
    ...parts,
    driver,
    reports: new PrometheusReports(registry),
    pod: { name: settings.POD_NAME, namespace },
    lease: settings.LEADER_ELECTION
      ? { name: settings.LEASE_NAME || driver, namespace, timings: leaseTimings(settings) }
      : undefined,
    reconcile: {
      everyMs: settings.RECONCILE_SECONDS * 1000,
      confirmMs: settings.CLEAR_AFTER_SECONDS * 1000,
      goneMs: settings.DELETE_ATTACHMENTS_OF_LOST_NODES ? settings.LOST_NODE_SECONDS * 1000 : undefined,
      orphans: settings.ORPHANS,
      orphanMs: settings.ORPHAN_SECONDS * 1000,
    },
    startupTaint: taint === 'off' ? undefined : taint || `${driver}/agent-not-ready`,
  });
}

const leaseTimings = (settings: Settings) => ({
  leaseMs: settings.LEASE_SECONDS * 1000,
  renewDeadlineMs: settings.LEASE_RENEW_SECONDS * 1000,
  retryMs: settings.LEASE_RETRY_SECONDS * 1000,
});
