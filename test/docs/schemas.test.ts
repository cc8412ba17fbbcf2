import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { COMMANDS } from '../../src/commands/index.js';
import { DAMAGE_CLASSES } from '../../src/engine/finding.js';
import { ONE_OF_EACH_SORT } from '../damage/cases.js';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';
import { tempDir } from '../support/temp-dir.js';
import { faultsOf, SCHEMAS as schemas } from './schema-validator.js';

/* Every line of --json is as its schema in docs/schemas says; a field that a schema does not know is a fault. */

/** Commands and the fields of lines to which an unknown one was added, once for all lines that have the same. */
const SHAPES_HELD = new Set<string>();

/** Runs a command with `--json`, and holds each of its lines against its schema, and what it says on standard error, too. */
async function held(
  t: ExecutionContext,
  argv: readonly string[],
  input: readonly string[] = [],
): Promise<unknown[]> {
  const json = argv[0] === 'session' ? [] : ['--json'];
  const { stdout, stderr } = await commandLine([...argv, ...json], { input });
  const schema = schemas.get(`${argv[0]!.replace(/^--/, '')}.json`)!;
  const about = argv.join(' ');
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const faults: unknown[] = [];
  for (const line of lines) {
    for (const fault of faultsOf(line, schema, schemas)) faults.push([fault, line]);
    const [[name, inner]] = Object.entries(line) as [[string, unknown]];
    const isNested = Object.keys(line).length === 1 && typeof inner === 'object' && inner !== null;
    const shape = [argv[0], ...Object.keys(line), '/', ...(isNested ? Object.keys(inner) : [])].join();
    if (SHAPES_HELD.has(shape)) continue;
    SHAPES_HELD.add(shape);
    t.not(faultsOf({ ...line, unknownField: 1 }, schema, schemas).length, 0, about);
    if (isNested)
      t.not(faultsOf({ [name]: { ...inner, unknownField: 1 } }, schema, schemas).length, 0, about);
  }
  t.deepEqual(faults, [], about);
  const common = schemas.get('common.json')!.$defs!;
  const said = {
    anyOf: [
      common['errorLine']!,
      common['findingLine']!,
      {
        type: 'object',
        properties: { rejected: common['reject']! },
        required: ['rejected'],
        additionalProperties: false,
      },
    ],
  } as const;
  for (const line of stderr.split('\n').filter((one) => one.startsWith('{')))
    t.deepEqual(faultsOf(JSON.parse(line), said, schemas), [], `${about}\n${line}`);
  return lines;
}

test('each schema is of a command, names itself, and allows no field that it does not know', (t) => {
  for (const [file, schema] of schemas) {
    const name = file.replace(/\.json$/, '');
    t.true(['common', 'version'].includes(name) || name in COMMANDS, name);
    t.is(schema.$id, file);
    t.is(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  }
  const finding = schemas.get('common.json')!.$defs!['finding']!;
  t.deepEqual(finding.properties!['class']!.enum, DAMAGE_CLASSES);
});

test('what commands say of each class of damage is as their schemas say', async (t) => {
  const fields = new Set<string>();
  for (const { make } of ONE_OF_EACH_SORT) {
    const damaged = await make(tempDir(t));
    try {
      const into = (name: string): string => path.join(tempDir(t), name);
      const { path: place } = damaged;
      const lines = [
        ...(await held(t, ['verify', place, '--hexdump'])),
        ...(await held(t, ['repair', place, '--into', into('new'), '--mend', '--dry-run'])),
        ...(await held(t, ['rescue', place, '--into', into('new'), '--backup', place])),
        ...(await held(t, ['stat', place])),
        ...(await held(t, ['wal-replay', place, '--hexdump'])),
        ...(await held(t, ['diff', place, place, '--skip-damage'])),
      ];
      for (const line of lines) for (const name of Object.keys(line as object)) fields.add(name);
    } finally {
      damaged.release?.();
    }
  }
  for (const name of ['finding', 'lostKey', 'summary', 'evidence', 'comparison', 'skipped'])
    t.true(fields.has(name), name);
});

test('what commands say of stores, snapshots and buckets is as their schemas say', async (t) => {
  const place = tempDir(t);
  const to = (name: string): string => path.join(place, name);
  const [store, fold] = [to('store'), to('fold.snap')];
  await held(t, ['create', store]);
  await held(t, ['put', store, 'visits', '--increment', '3']);
  await held(
    t,
    ['put', store, '--batch', '-', '--ack', '--source', 'till'],
    ['{"key":"a","value":"1"}\n{"keyBase64":"/w==","valueBase64":"/w=="}\n'],
  );
  await held(
    t,
    ['put', store, '--batch', '-', '--ack', '--skip-bad'],
    ['{"key":"a","value":"1","ifAbsent":true}\nno json\n'],
  );
  await held(t, ['put', fold, 'route', '1', '--revision', '7', '--cursor', '7']);
  for (const place_ of [store, fold]) {
    await held(t, ['checkpoint', place_]);
    await held(t, ['put', place_, 'b', '2']);
    await held(t, ['scan', place_]);
    await held(t, ['scan', place_, '--redact']);
    await held(t, ['scan', place_, '--keys-only']);
    await held(t, ['scan', place_, '--count']);
    await held(t, ['get', place_, 'a']);
    await held(t, ['get', place_, 'a', 'b', 'route', 'none']);
    await held(t, ['stat', place_, '--digest']);
    await held(t, ['wal-replay', place_]);
    await held(t, ['wal-replay', place_, '--redact', '--hexdump']);
    await held(t, ['wal-replay', place_, '--key', 'b', '--last']);
    await held(t, ['wal-replay', place_, '--stats']);
    await held(t, ['delete', place_, 'none', 'b', '--dry-run']);
    await held(t, ['delete', place_, 'b']);
    await held(t, ['compact', place_, '--dry-run']);
    await held(t, ['compact', place_]);
    await held(t, ['verify', place_]);
    await held(t, ['repair', place_]);
  }
  for (const by of ['minute', 'core', 'epoch', 'prefix'])
    await held(t, ['wal-replay', store, '--stats', '--by', by]);
  await held(t, ['wal-replay', store, '--commits']);
  await held(t, ['wal-replay', store, '--into', to('replayed')]);
  await held(t, ['wal-replay', fixturePath('wal-ops/wal-0.log')]);
  await held(t, ['diff', store, fold]);
  await held(t, ['diff', store, fold, '--redact']);
  await held(t, ['diff', store, fold, '--summary']);
  await held(t, ['export', store, to('store.tar')]);
  await held(t, ['export', fold, to('fold.tar')]);
  await held(t, ['stat', to('fold.tar')]);
  await held(t, ['import', to('store.tar'), to('copy')]);
  await held(t, ['import', to('fold.tar'), to('dry.snap'), '--dry-run']);
  const bucket = `file://${place}/bucket/edge/store`;
  await held(t, ['export', store, bucket]);
  await held(t, ['list', `file://${place}/bucket`]);
  await held(t, ['put', store, 'later', '1']);
  await held(t, ['checkpoint', store]);
  await held(t, ['export', store, bucket, '--since', 'last']);
  await held(t, ['list', bucket, '--chain']);
  await held(t, ['prune', bucket, '--dry-run']);
  const replica = `file://${place}/bucket/edge/replica`;
  for (const change of ['1', '2', '2']) {
    await held(t, ['put', store, 'replicated', change]);
    await held(t, ['replicate', store, replica]);
    await held(t, ['status', store]);
  }
  await held(t, ['replicate', store, replica, '--verify-every', '0s']);
  for (const asked of [store, replica]) await held(t, ['status', asked, '--max-lag', '1h']);
  await held(
    t,
    ['session', store],
    [
      [
        '{"id":1,"op":"get","key":"a"}',
        '{"op":"put","key":"s","value":"1"}',
        '{"id":{},"op":"scan"}',
        '{"op":"count"}',
        '{"op":"nonsense","id":9}',
        '',
      ].join('\n'),
      [
        '{"op":"group","operations":[{"op":"check","key":"a","ifAbsent":true}]}',
        '{"op":"group","operations":[{"op":"increment","key":"n"}]}',
        '{"op":"checkpoint"}',
        '{"op":"delete","key":"s"}',
        '',
      ].join('\n'),
    ],
  );
  await held(t, ['--version']);
});

test('errors are as their schema says, whatever fails', async (t) => {
  const place = tempDir(t);
  const store = path.join(place, 'store');
  await commandLine(['put', store, 'a', '1']);
  const copy = path.join(place, 'copy');
  cpSync(store, copy, { recursive: true });
  writeFileSync(path.join(copy, 'MANIFEST.json'), '{}');
  for (const argv of [
    ['get', path.join(place, 'none'), 'a'],
    ['get', store, 'a', '--at', '9'],
    ['put', store, 'k', 'v', '--nonsense'],
    ['create', store],
    ['scan', copy],
    ['import', copy, store],
    ['inspect', path.join(place, 'none')],
    ['nonsense'],
  ])
    await held(t, argv);
});
