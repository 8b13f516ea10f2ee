// The doors of the house (docs/architecture.md). `make structure` checks them.
const door = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });
const tests = '\\.test\\.ts$';
const grpc = '@grpc/grpc-js|^src/core/csi/generated';

module.exports = {
  forbidden: [
    door('no-cycles', 'a cycle means two rooms are one', {}, { circular: true }),
    door('core-is-inward', 'core knows ports, never who implements them', { path: '^src/core' }, {
      path: '^src/(backends|node|kubernetes|commands)|^src/container|node_modules/ssh2',
    }),
    door('ports-without-grpc', 'ports, reconcilers and backends do not speak gRPC', {
      path: '^src/(core/(storage|reconcile)|backends)',
    }, { path: grpc }),
    door('node-is-alone', 'the node has no appliance conversation and no API server', { path: '^src/node' }, {
      path: '^src/(backends|kubernetes|commands)|^src/container|node_modules/(ssh2|@kubernetes)',
    }),
    door('kubernetes-by-composition', 'only the composition root and the commands know Kubernetes', {
      path: '^src', pathNot: '^src/(container\\.ts|commands|kubernetes)',
    }, { path: '^src/kubernetes' }),
    door('container-is-composition', 'only commands and main know the container', {
      path: '^src', pathNot: '^src/(container(\\.test)?\\.ts|commands|main\\.ts)',
    }, { path: '^src/container\\.ts|node_modules/tsyringe' }),
    door('src-without-test', 'what ships needs nothing from test', { path: '^src', pathNot: tests }, { path: '^test' }),
    door('no-unresolved', 'every import resolves', {}, { couldNotResolve: true, pathNot: '^bun(:|$)' }),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
