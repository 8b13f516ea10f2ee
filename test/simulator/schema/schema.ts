import v7_20 from './7.20.8.json' with { type: 'json' };
import v7_21 from './7.21.5.json' with { type: 'json' };
import v7_22 from './7.22.3.json' with { type: 'json' };
import v7_23 from './7.23.3.json' with { type: 'json' };
import v7_24 from './7.24.json' with { type: 'json' };

/** Arguments by command by menu; the arguments are one text, separated by spaces. */
interface SchemaData {
  readonly version: string;
  readonly menus: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const DATA: readonly SchemaData[] = [v7_20, v7_21, v7_22, v7_23, v7_24];

/** The versions that have a schema, oldest first. */
export const SCHEMA_VERSIONS: readonly string[] = DATA.map(({ version }) => version);

/**
 * Which menus, commands and arguments a version of RouterOS has. The data are command schemas dumped from real routers
 * by github.com/tikoci/restraml (rose-storage installed), narrowed to the menus that the simulator plays.
 */
export class Schema {
  readonly version: string;
  private readonly menus = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();
  private readonly folders = new Set<string>(['/']);

  constructor(data: SchemaData) {
    this.version = data.version;
    for (const [path, commands] of Object.entries(data.menus)) {
      const words = (text: string) => new Set(text.split(' ').filter((word) => word !== ''));
      this.menus.set(path, new Map(Object.entries(commands).map(([name, args]) => [name, words(args)])));
      for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
        this.folders.add(path.slice(0, at));
      }
    }
  }

  /** Also true for the folders on the way: «/disk/btrfs». */
  isMenu(path: string): boolean {
    return this.folders.has(path);
  }

  hasCommand(path: string, command: string): boolean {
    return this.menus.get(path)?.has(command) ?? false;
  }

  hasArgument(path: string, command: string, argument: string): boolean {
    return this.menus.get(path)?.get(command)?.has(argument) ?? false;
  }

  /** "7.23" is before "7.24", "7.9" before "7.10". */
  isAtLeast(major: number, minor: number): boolean {
    const [ownMajor = 0, ownMinor = 0] = this.version.split('.').map(Number);
    return ownMajor > major || (ownMajor === major && ownMinor >= minor);
  }
}

/** @throws RangeError where there is no schema of that version */
export function schemaOf(version: string): Schema {
  const data = DATA.find((candidate) => candidate.version === version);
  if (data) return new Schema(data);
  throw new RangeError(`no schema of RouterOS ${version}; there are ${SCHEMA_VERSIONS.join(', ')}`);
}
