interface Field {
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
}

/** What a `.proto` file says about messages and RPCs: enough to find every text that a caller can send. */
export class ProtoFields {
  /** By full name, such as `VolumeCapability.MountVolume`. */
  private readonly messages = new Map<string, Field[]>();
  /** The request's message by the RPC's name. */
  private readonly requests = new Map<string, string>();

  constructor(proto: string) {
    const scopes: string[] = [];
    for (const part of proto.replace(/\/\/.*/g, '').match(/[^{};]*[{};]/g) ?? []) {
      const statement = part.slice(0, -1).trim();
      this.readRpc(statement);
      if (part.endsWith('{')) scopes.push(/^message (\w+)/.exec(statement)?.[1] ?? '');
      else if (part.endsWith('}')) scopes.pop();
      else this.readField(scopes, statement);
    }
  }

  /**
   * The text fields of an RPC's request: `name`, `mount_flags[]` for lists, `secrets{}` for maps, and
   * `volume_capabilities[].mount.fs_type` within messages.
   */
  ofRequest(rpc: string): string[] {
    return this.textFields(this.requests.get(rpc) ?? '');
  }

  private readRpc(statement: string): void {
    const [, name, request] = /^rpc (\w+)\s*\(\s*(\w+)\s*\)/.exec(statement) ?? [];
    if (name && request) this.requests.set(name, request);
  }

  private readField(scopes: readonly string[], statement: string): void {
    const field = /^(repeated )?(map<string, string>|[.\w]+) (\w+) = \d+/.exec(statement);
    const owner = scopes.filter((scope) => scope !== '').join('.');
    if (!field || owner === '') return;
    const fields = this.messages.get(owner) ?? [];
    fields.push({ repeated: field[1] !== undefined, type: field[2] ?? '', name: field[3] ?? '' });
    this.messages.set(owner, fields);
  }

  private textFields(message: string): string[] {
    return (this.messages.get(message) ?? []).flatMap(({ name, type, repeated }) => {
      const path = repeated ? `${name}[]` : name;
      if (type === 'string') return [path];
      if (type.startsWith('map<')) return [`${path}{}`];
      return this.textFields(this.resolve(message, type)).map((inner) => `${path}.${inner}`);
    });
  }

  /** A type's name is looked up from the innermost message outwards. */
  private resolve(message: string, type: string): string {
    return this.messages.has(`${message}.${type}`) ? `${message}.${type}` : type;
  }
}
