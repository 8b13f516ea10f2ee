/**
 * prom-client part by part. Its index brings what nothing here uses: a push gateway with two HTTP clients, summaries, the
 * registry of a cluster of processes, the default metrics; together 1 MiB of each node plugin's memory. Nothing else
 * imports more than types from it.
 */
export { default as Counter } from 'prom-client/lib/counter.js';
export { default as Gauge } from 'prom-client/lib/gauge.js';
export { default as Histogram } from 'prom-client/lib/histogram.js';
export { default as Registry } from 'prom-client/lib/registry.js';
