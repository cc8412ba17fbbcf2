/**
 * The layers: imports go downwards only (docs/architecture.md). Each entry names a layer and
 * the layers beneath that it may import; what every layer may import is in `shared`.
 */
const ground = ['errors', 'finding', 'assert'];
const shared = [...ground, 'entry-cursor', 'entry-range', 'steps'];
const layers = {
  bytes: [],
  rkyv: ['bytes'],
  'storage-io': ['bytes'],
  changelog: ['bytes', 'rkyv', 'storage-io'],
  multicast: ['bytes', 'rkyv', 'storage-io'],
  'key-index': ['bytes'],
  state: ['bytes', 'key-index', 'rkyv', 'storage-io'],
  wal: ['bytes', 'rkyv', 'storage-io'],
  fold: ['bytes', 'key-index', 'rkyv', 'storage-io'],
};
const stores = ['bytes', 'rkyv', 'storage-io', 'changelog', 'multicast', 'state', 'wal', 'fold'];
layers.directory = stores;
// What every kind of store can do: an interface, and the kinds that stand behind it.
layers.store = [...stores, 'directory'];
// An NDJSON export, both ways.
layers.lines = [...stores, 'directory', 'store'];
layers.artifact = [...stores, 'directory', 'store'];
layers.inspect = [...stores, 'directory', 'store', 'lines', 'artifact'];
// Exporting and importing: between any kind of store and any form of snapshot.
layers.transfer = [...stores, 'directory', 'store', 'lines', 'artifact', 'inspect'];
// Cutting what was never acknowledged, and bringing what is good to a new place.
layers.repair = [...stores, 'directory', 'store', 'lines', 'artifact', 'inspect', 'transfer'];
// Beyond this machine: buckets and object stores. Nothing below knows of it, and nothing of it is loaded before it is used.
layers.remote = [...stores, 'directory', 'store', 'lines', 'artifact', 'inspect', 'transfer', 'repair'];

const layerRules = Object.entries(layers).map(([layer, beneath]) => ({
  name: `layer-${layer}`,
  comment: `src/engine/${layer} imports itself, ${[...shared, ...beneath].join(', ')}, and nothing above.`,
  severity: 'error',
  from: { path: `^src/engine/${layer}/` },
  to: {
    path: '^(src|test|bench|bin|scripts)/',
    pathNot: [`^src/engine/(${[layer, ...beneath].join('|')})/`, `^src/engine/(${shared.join('|')})\\.ts$`],
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'layer-ground',
      comment: 'errors, finding and assert stand beneath everything and import only one another.',
      severity: 'error',
      from: { path: `^src/engine/(${ground.join('|')})\\.ts$` },
      to: { path: '^src/', pathNot: `^src/engine/(${ground.join('|')})\\.ts$` },
    },
    {
      name: 'layer-entries',
      comment: 'What an entry and a range are rests on bytes alone.',
      severity: 'error',
      from: { path: '^src/engine/entry-(cursor|range)\\.ts$' },
      to: { path: '^src/', pathNot: `^src/engine/(bytes/|(${shared.join('|')})\\.ts$)` },
    },
    {
      name: 'engine-stands-alone',
      comment: 'The engine is a library: nothing of the command line, neither ours nor a package.',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { path: ['^src/(cli|commands)/', 'node_modules/(@oclif|chalk|cli-table3|cli-progress)/'] },
    },
    {
      name: 'disk-through-storage-io',
      comment:
        'Only src/engine/storage-io touches node:fs, so that a simulated disk can stand in everywhere.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engine/storage-io/' },
      to: { path: '^(node:)?fs(/promises)?$', dependencyTypes: ['core'] },
    },
    {
      name: 'cli-not-on-commands',
      comment: 'src/cli is what commands share; it knows none of them, but for its entry point.',
      severity: 'error',
      from: { path: '^src/cli/(?!program/start\\.ts$)' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'commands-not-on-each-other',
      comment: 'A command is a thin file over one engine call; what two share belongs in src/cli.',
      severity: 'error',
      from: { path: '^src/commands/(?!index\\.ts$)' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'bench-on-the-product',
      comment:
        'The bench measures src/engine and the command line, and needs nothing of the tests but hostile inputs.',
      severity: 'error',
      from: { path: '^bench/' },
      to: {
        path: '^(src|test|scripts|bin)/',
        pathNot:
          '^(src/(engine|cli)/|test/simulated-disk/seeded-random\\.ts$|test/engine/(wal/|fold/)?(hostile|crowded)-)',
      },
    },
    {
      name: 'format-knows-no-reader',
      comment: 'What bytes mean rests on nothing that reads, writes or keeps them.',
      severity: 'error',
      from: { path: '^src/engine/[^/]+/format/' },
      to: {
        path: '^src/engine/[^/]+/(read|write|record|scan|resync|recover|lookup|store|backends|checkpoint)/',
      },
    },
    {
      name: 'resync-only-from-scan',
      comment: "Where reading goes on behind bad bytes is the scanner's to ask.",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engine/wal/(scan|resync)/' },
      to: { path: '^src/engine/wal/resync/' },
    },
    {
      name: 'no-circular',
      comment: 'No circle of imports, of types neither.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: { path: '^(src|test|bench)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-the-product',
      comment:
        'What the library imports at run time must be a dependency, or the packed package breaks elsewhere. ' +
        'The command line is one bundled file, and brings what it needs.',
      severity: 'error',
      from: { path: '^src/engine/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
