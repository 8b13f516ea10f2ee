import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Labels } from './exported-metrics.ts';

/** Whose labels a scrape adds to every series, and what Prometheus itself knows of each target. */
const TARGET = ['job', 'namespace', 'instance', 'pod', 'node', 'container', 'service', 'endpoint'];
const OF_PROMETHEUS: ReadonlyMap<string, Labels> = new Map([['up', new Map()]]);
/** Names that people and appliances give: no test knows them all. */
const FREE = new Set([
  ...TARGET,
  'appliance',
  'pool',
  'method',
  'operation',
  'reconciler',
  'volume',
  'version',
  'le',
]);

interface Matcher {
  readonly label: string;
  readonly exact: boolean;
  readonly values: readonly string[];
}

/** What is wrong with a query, in words: its grammar, a metric, a label or a label's value that is not exported. */
export function queryFaults(query: string, exported: ReadonlyMap<string, Labels>): string[] {
  const text = query.replaceAll('$__rate_interval', '5m');
  const faults: string[] = [];
  const known = new Set(TARGET);
  const groupings: string[] = [];
  parser.parse(text).iterate({
    enter: ({ node }) => {
      if (node.type.isError) faults.push(`is no PromQL at «${text.slice(node.from, node.from + 20)}»`);
      if (node.name === 'VectorSelector') faults.push(...selectorFaults(node, text, exported, known));
      if (node.name === 'GroupingLabels') groupings.push(...names(node, text));
    },
  });
  const strange = groupings.filter((label) => !known.has(label));
  return [...faults, ...strange.map((label) => `groups by ${label}, which none of its metrics has`)];
}

function selectorFaults(
  node: SyntaxNode,
  text: string,
  exported: ReadonlyMap<string, Labels>,
  known: Set<string>,
): string[] {
  const identifier = node.getChild('Identifier');
  const name = identifier ? text.slice(identifier.from, identifier.to) : '';
  const labels = exported.get(name) ?? OF_PROMETHEUS.get(name);
  if (!labels) return [`asks for ${name || 'no metric by name'}, which the process does not export`];
  for (const label of labels.keys()) known.add(label);
  return matchers(node, text).flatMap((matcher) => matcherFaults(name, matcher, labels));
}

function matcherFaults(name: string, { label, exact, values }: Matcher, labels: Labels): string[] {
  if (!(labels.has(label) || TARGET.includes(label))) return [`${name} has no label ${label}`];
  if (FREE.has(label)) return [];
  const options = exact ? values : values.flatMap((value) => value.split('|'));
  return options
    .filter((value) => !labels.get(label)?.has(value))
    .map((value) => `${name} never has ${label}="${value}"`);
}

function matchers(selector: SyntaxNode, text: string): Matcher[] {
  const found = selector.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  return found.map((node) => {
    const word = (kind: string): string => {
      const child = node.getChild(kind);
      return child ? text.slice(child.from, child.to) : '';
    };
    const operator = word('MatchOp');
    return {
      label: word('LabelName'),
      exact: !operator.includes('~'),
      values: [word('StringLiteral').slice(1, -1)],
    };
  });
}

const names = (node: SyntaxNode, text: string): string[] =>
  node.getChildren('LabelName').map(({ from, to }) => text.slice(from, to));
