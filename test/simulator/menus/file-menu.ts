import type { Appliance } from '../appliance/appliance.ts';
import { failure, missingValue, unknownValue } from '../appliance/failures.ts';
import {
  depthOf,
  everything,
  type FileNode,
  pathOf,
  subvolumeFolder,
  type TreeNode,
} from '../appliance/nodes.ts';
import { byteLength } from '../appliance/sizes.ts';
import { dateTime } from '../appliance/time.ts';
import { ScriptId, type Value } from '../script/value.ts';
import type { Command, ListMenu, Property } from './list-menu.ts';
import type { Arguments } from './values.ts';

/** The manual: a file's contents are limited to just under 60 KiB. */
const CONTENTS_MAX = 61_439;

/** `/file`: names without a leading slash, folders as entries of their own. */
export function fileMenu(appliance: Appliance): ListMenu<TreeNode> {
  const { tree } = appliance;
  return {
    path: '/file',
    key: 'name',
    properties: PROPERTIES,
    flags: [{ letter: 'S', name: 'shared', column: 0, read: () => false }],
    columns: ['name', 'type', 'size', 'last-modified'],
    items: () => listed(appliance),
    id: ({ id }) => id,
    byId: (id) => shown(appliance, tree.node(id)),
    byKey: (name) => shown(appliance, tree.find(name)),
    commands: new Map(Object.entries(commands(appliance))),
  };
}

const PROPERTIES: readonly Property<TreeNode>[] = [
  { name: 'name', form: 'word', read: pathOf },
  { name: 'type', form: 'word', read: typeOf },
  { name: 'size', form: 'rounded', read: (node) => (node.kind === 'file' ? node.size : undefined) },
  { name: 'last-modified', form: 'date', read: ({ modifiedMs }) => dateTime(modifiedMs) },
  { name: 'contents', form: 'text', onDemand: true, read: contentsOf },
];

/** As the manual's listings have it: `.img file`, `file` without an extension, `directory`, `disk`. */
function typeOf(node: TreeNode): string {
  if (node.kind !== 'file') return node.kind === 'disk' ? 'disk' : 'directory';
  const at = node.name.lastIndexOf('.');
  return at > 0 ? `${node.name.slice(at)} file` : 'file';
}

/** The manual: longer files return nothing here. An image's bytes are elsewhere: the model has none. */
function contentsOf(node: TreeNode): Value {
  if (node.kind !== 'file' || node.size > BigInt(CONTENTS_MAX)) return undefined;
  return node.contents ?? '';
}

function* listed(appliance: Appliance): Generator<TreeNode> {
  for (const node of everything(appliance.tree.root)) if (shown(appliance, node)) yield node;
}

function shown({ assumptions }: Appliance, node: TreeNode | undefined): TreeNode | undefined {
  const depth = assumptions.fileDepth;
  return node && (depth === undefined || depthOf(node) <= depth) ? node : undefined;
}

function commands(appliance: Appliance): Record<string, Command<TreeNode>> {
  const policies = ['write'];
  return {
    add: {
      plays: ['name', 'type', 'contents'],
      onItems: false,
      policies,
      run: (_, args) => add(appliance, args),
    },
    set: {
      plays: ['name', 'contents'],
      onItems: true,
      policies,
      run: (nodes, args) => set(appliance, nodes, args),
    },
    remove: {
      plays: [],
      onItems: true,
      policies,
      run: (nodes) => remove(appliance, nodes),
    },
    copy: {
      plays: ['name', 'number'],
      onItems: true,
      policies,
      run: (nodes, args) => copy(appliance, nodes, args),
    },
  };
}

function add({ tree }: Appliance, args: Arguments): Value {
  const name = args.text('name');
  if (name === undefined || name === '') throw missingValue('name');
  const type = args.text('type') ?? 'file';
  if (type === 'directory') return new ScriptId(tree.addFolder(tree.place(name)).id);
  if (type !== 'file') throw unknownValue('type');
  const contents = args.text('contents') ?? '';
  const bytes = contentsBytes(contents);
  return new ScriptId(tree.addFile(tree.place(name), bytes, bytes, contents).id);
}

function set(appliance: Appliance, nodes: readonly TreeNode[], args: Arguments): Value {
  const contents = args.text('contents');
  const name = args.text('name');
  for (const node of nodes) {
    appliance.tree.requireWritable(node);
    requireUnused(appliance, node);
    if (contents !== undefined && node.kind !== 'file') throw unknownValue('contents');
  }
  for (const node of nodes) {
    if (contents !== undefined && node.kind === 'file') {
      appliance.tree.write(node, contents, contentsBytes(contents));
    }
    if (name !== undefined) appliance.tree.move(node, appliance.tree.place(name));
  }
  return undefined;
}

function remove(appliance: Appliance, nodes: readonly TreeNode[]): Value {
  for (const node of nodes) {
    if (node.kind === 'disk') throw failure('busy');
    appliance.tree.requireWritable(node.folder ?? node);
    requireUnused(appliance, node);
    if (node.kind !== 'file') requireRemovableFolder(appliance, node);
  }
  for (const node of nodes) appliance.tree.remove(node);
  return undefined;
}

function requireRemovableFolder({ assumptions }: Appliance, node: Exclude<TreeNode, FileNode>): void {
  // ASSUMED[model-edges]: `/file` doesn't remove subvolumes, nor folders with some inside.
  const inside = [...everything(node)].some((below) => below.kind !== 'file' && below.subvolume);
  if (inside || subvolumeFolder(node) === node) throw failure('folder not empty');
  if (assumptions.removeFolder === 'refused' && node.children.size > 0) throw failure('folder not empty');
}

/** @throws ScriptError a disk item uses the file, or one in the folder */
function requireUnused({ assumptions, table }: Appliance, node: TreeNode): void {
  if (assumptions.removeUsedFile === 'done') return;
  const used = node.kind === 'file' ? table.usersOf(node).length > 0 : table.usesUnder(node);
  if (used) throw failure('busy');
}

function copy(appliance: Appliance, nodes: readonly TreeNode[], args: Arguments): Value {
  const [source, second] = nodes;
  const name = args.text('name');
  if (name === undefined) throw missingValue('name');
  if (!source || second) throw failure('no such item');
  if (source.kind !== 'file') throw failure('not a folder');
  const place = appliance.tree.place(name);
  if (place.folder.children.has(place.name)) throw failure('file exists');
  appliance.tree.requireWritable(place.folder);
  const shares = appliance.assumptions.fileCopy === 'shares' && source.folder.space === place.folder.space;
  appliance.tree.cloneFile(source, place, shares);
  return undefined;
}

/** @throws ScriptError */
function contentsBytes(contents: string): bigint {
  const bytes = byteLength(contents);
  if (bytes > CONTENTS_MAX) throw failure('contents length');
  return BigInt(bytes);
}
