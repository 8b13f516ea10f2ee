import type { BuiltinStatement, MenuStatement } from './ast.ts';
import type { StatementInfo } from './statement-hook.ts';
import type { Value } from './value.ts';

/** A command as the hook sees it. Its arguments are worked out only if the hook asks for them, and before it runs. */
export class Watched implements StatementInfo {
  private known: ReadonlyMap<string, Value> | undefined;

  /** @param evaluate the arguments, as they are when it is called */
  constructor(
    private readonly statement: BuiltinStatement | MenuStatement,
    private readonly evaluate: () => ReadonlyMap<string, Value>,
  ) {}

  get path(): string | undefined {
    return this.statement.kind === 'menu' ? this.statement.path : undefined;
  }

  get command(): string {
    return this.statement.kind === 'menu' ? this.statement.command : this.statement.name;
  }

  get args(): ReadonlyMap<string, Value> {
    this.known ??= this.evaluate();
    return this.known;
  }

  get text(): string {
    return this.statement.text;
  }
}
