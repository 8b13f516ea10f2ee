import { basename } from 'node:path';

const CASE = /<testcase name="([^"]*)"[^>]*?time="([\d.]+)" file="([^"]*)"[^>]*?(\/>|>)/g;
const ENTITIES: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' };

/** A table of what ran, from a JUnit file: what, how long, and whether it failed. */
export async function summary(junit: string): Promise<string> {
  const text = await Bun.file(junit).text();
  const rows = [...text.matchAll(CASE)].map(([, name = '', time = '', file = '', end]) => {
    const scenario = basename(file, '.e2e.ts').padEnd(12);
    const seconds = Number(time).toFixed(1).padStart(6);
    return `${end === '/>' ? 'ok    ' : 'FAILED'} ${seconds} s  ${scenario} ${plain(name)}`;
  });
  return rows.join('\n');
}

const plain = (text: string) => text.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
