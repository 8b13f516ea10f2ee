import type { Value } from './value.ts';

/** Where a variable's value is kept. */
export interface Binding {
  get(): Value;
  set(value: Value): void;
  /** `:set x` without a value: the variable is no more. */
  unset(): void;
}

/** The variables of a block while it runs. */
export class Scope {
  private readonly bindings = new Map<string, Binding>();

  /** @param parameters of the function whose outermost block this is */
  constructor(
    private readonly outer: Scope | undefined,
    private readonly globals: Map<string, Value>,
    private readonly parameters?: ReadonlyMap<string, Value>,
  ) {
    for (const [name, value] of parameters ?? []) this.declareLocal(name, value);
  }

  within(): Scope {
    return new Scope(this, this.globals);
  }

  /** The scope of a function that is called from here: it sees its parameters only. */
  forCall(parameters: ReadonlyMap<string, Value>): Scope {
    return new Scope(undefined, this.globals, parameters);
  }

  find(name: string): Binding | undefined {
    return this.bindings.get(name) ?? this.outer?.find(name);
  }

  declareLocal(name: string, value: Value): void {
    let held = value;
    this.bindings.set(name, {
      get: () => held,
      set: (next) => {
        held = next;
      },
      unset: () => {
        held = undefined;
      },
    });
  }

  /** Makes a global visible here; a parameter of the same name hides it (manual, «Functions»). */
  declareGlobal(name: string): Binding {
    const parameter = this.parameters?.has(name) ? this.bindings.get(name) : undefined;
    if (parameter) return parameter;
    const { globals } = this;
    if (!globals.has(name)) globals.set(name, undefined);
    const binding: Binding = {
      get: () => globals.get(name),
      set: (value) => globals.set(name, value),
      unset: () => globals.delete(name),
    };
    this.bindings.set(name, binding);
    return binding;
  }
}
