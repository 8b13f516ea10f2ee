import type { Handler } from './handlers.ts';

/** A unary RPC of a generated service definition. */
export interface RpcMethod {
  /** `CreateVolume` */
  readonly name: string;
  /** `csi.v1.Controller` */
  readonly service: string;
  /** `createVolume`: the name in handlers and generated clients. */
  readonly key: string;
}

/** What is needed of a generated service definition. */
export type ServiceDefinition = Readonly<Record<string, { readonly path: string }>>;

export function methodsOf(definition: ServiceDefinition): RpcMethod[] {
  return Object.entries(definition).map(([key, { path }]) => {
    const [, service = '', name = ''] = path.split('/');
    return { name, service, key };
  });
}

/** A service's handlers, looked up by name; the types of `Handlers` have been checked where they were made. */
export type HandlerTable = Readonly<Record<string, Handler | undefined>>;
