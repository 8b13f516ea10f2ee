import { expect, test } from 'bun:test';
import { Registry } from 'prom-client';
import { PrometheusSshMetrics } from './prometheus-ssh-metrics.ts';

test('what happens on the way to the appliance can be read by Prometheus', async () => {
  const registry = new Registry();
  const metrics = new PrometheusSshMetrics(registry).of('rds');
  metrics.state('connecting');
  metrics.state('away');
  metrics.attempted();
  metrics.failed('host-key');
  metrics.connections(3);
  metrics.queued(7);
  metrics.waited('createVolume', 0.2);
  metrics.executed('createVolume', 'replied', 0.4);
  const text = await registry.metrics();
  for (const line of [
    'rose_csi_ssh_state{appliance="rds",state="away"} 1',
    'rose_csi_ssh_state{appliance="rds",state="connecting"} 0',
    'rose_csi_ssh_connection_attempts_total{appliance="rds"} 1',
    'rose_csi_ssh_connection_failures_total{appliance="rds",reason="host-key"} 1',
    'rose_csi_ssh_connections{appliance="rds"} 3',
    'rose_csi_ssh_queue_depth{appliance="rds"} 7',
    'rose_csi_ssh_queue_seconds_sum{appliance="rds",operation="createVolume"} 0.2',
    'rose_csi_ssh_exec_seconds_sum{appliance="rds",operation="createVolume",outcome="replied"} 0.4',
  ]) {
    expect(text).toContain(line);
  }
});
