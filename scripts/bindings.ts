/**
 * `bun scripts/bindings.ts [--check]`: generates `src/core/csi/generated/` from `proto/`; with --check it writes nothing
 * and fails where the folder is not current.
 *
 * `proto/csi.proto` is the CSI specification's own file at v1.13.0 without its comments. To move to another version:
 * `bun scripts/bindings.ts --import path/to/csi.proto`, the file being that of the Go module
 * `github.com/container-storage-interface/spec`. `proto/pluginregistration.proto` is kubelet's, likewise without comments:
 * `pkg/apis/pluginregistration/v1/api.proto` of the Go module `k8s.io/kubelet v0.37.2`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Glob } from 'bun';

const TARGET = 'src/core/csi/generated';
/** Comes along because csi.proto extends its options; nothing uses it. */
const UNUSED = 'google/protobuf/descriptor.ts';

async function main(): Promise<number> {
  const [flag, source] = process.argv.slice(2);
  if (flag === '--import' && source) await importProto(source);
  const folder = await mkdtemp(`${tmpdir()}/rose-csi-bindings-`);
  try {
    await generate(folder);
    if (flag === '--check') return await compare(folder);
    await rm(TARGET, { recursive: true, force: true });
    for (const name of await files(folder))
      await Bun.write(`${TARGET}/${name}`, Bun.file(`${folder}/${name}`));
    return 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function importProto(source: string): Promise<void> {
  const lines = (await Bun.file(source).text()).split('\n').map((line) => line.replace(/\s*\/\/.*$/, ''));
  await Bun.write('proto/csi.proto', lines.join('\n').replace(/\n{3,}/g, '\n\n'));
}

async function generate(folder: string): Promise<void> {
  const template = (await Bun.file('buf.gen.yaml').text()).replace(/out: .*/, `out: ${folder}`);
  await Bun.write(`${folder}/buf.gen.yaml`, template);
  const child = Bun.spawn(['buf', 'generate', '--template', `${folder}/buf.gen.yaml`, 'proto']);
  if ((await child.exited) !== 0) throw new Error('buf generate failed');
  await rm(`${folder}/buf.gen.yaml`, { force: true });
  await rm(`${folder}/${UNUSED}`);
}

const files = (folder: string): Promise<string[]> => Array.fromAsync(new Glob('**/*.ts').scan(folder));

async function compare(folder: string): Promise<number> {
  const names = new Set([...(await files(folder)), ...(await files(TARGET))]);
  for (const name of names) {
    const [made, kept] = [Bun.file(`${folder}/${name}`), Bun.file(`${TARGET}/${name}`)];
    const current =
      (await made.exists()) && (await kept.exists()) && (await made.text()) === (await kept.text());
    if (current) continue;
    process.stderr.write(`${TARGET}/${name} is not current: run make generate\n`);
    return 1;
  }
  return 0;
}

process.exit(await main());
