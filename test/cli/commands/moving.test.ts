import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

async function run(argv: readonly string[], input?: string | Uint8Array) {
  return commandLine(argv, input === undefined ? {} : { input: [Buffer.from(input)] });
}

/** A state directory of which a source was taken, and a fold with revisions, a cursor, or both. */
async function samples(folder: string) {
  const store = path.join(folder, 'store');
  const revised = path.join(folder, 'revised.snap');
  const atCursor = path.join(folder, 'cursor.snap');
  await run(
    ['put', store, '--batch', '-', '--source', 'orders'],
    '{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n',
  );
  await run(['put', revised, 'a', '1', '--revision', '5']);
  await run(['put', atCursor, 'a', '1', '--cursor', '7']);
  return { store, revised, atCursor };
}

/** Ways from one kind to another, and what they lose of it. */
const LOSSES = [
  ['revised', ['export', 'mmap-state'], '--drop-revisions'],
  ['atCursor', ['export', 'mmap-state'], '--drop-cursor'],
  ['atCursor', ['export', 'mmap-state'], '--drop-revisions'],
  ['store', ['export', 'append-log'], '--drop-sources'],
  ['revised', ['import', 'directory'], '--drop-revisions'],
  ['atCursor', ['import', 'directory'], '--drop-cursor'],
  ['atCursor', ['import', 'directory'], '--drop-revisions'],
  ['store', ['import', 'log'], '--drop-sources'],
] as const;

for (const [name, [command, kind], flag] of LOSSES) {
  test(`${command} of ${name} as ${kind} is refused, and done with ${flag}`, async (t) => {
    const folder = tempDir(t);
    const source = (await samples(folder))[name];
    const destination = path.join(folder, 'new');
    const argv = [command, source, destination, command === 'export' ? '--as' : '--kind', kind];
    for (const dryRun of command === 'import' ? [['--dry-run'], []] : [[]]) {
      const { exitCode, stderr } = await run([...argv, ...dryRun]);
      t.is(exitCode, 8);
      t.regex(stderr, /--drop-/);
      t.false(existsSync(destination));
    }
    const { exitCode, stdout, stderr } = await run([...argv, flag, '--json']);
    t.is(exitCode, 0, stderr);
    t.is((JSON.parse(stdout) as { readonly cursor: string | null }).cursor, null);
  });
}

test('the flag of another loss does not allow one', async (t) => {
  const folder = tempDir(t);
  const { store, revised } = await samples(folder);
  const [one, two] = [path.join(folder, 'one'), path.join(folder, 'two')];
  t.is(
    (await run(['export', store, one, '--as', 'append-log', '--drop-revisions', '--drop-cursor'])).exitCode,
    8,
  );
  t.is(
    (await run(['import', revised, two, '--kind', 'directory', '--drop-cursor', '--drop-sources'])).exitCode,
    8,
  );
});

test('NDJSON keeps sources, so that a batch goes on where it stopped', async (t) => {
  const folder = tempDir(t);
  const { store } = await samples(folder);
  const lines = path.join(folder, 'store.ndjson');
  t.is((await run(['export', store, lines])).exitCode, 0);
  for (const source of [lines, '-']) {
    const copy = path.join(folder, `copy of ${path.basename(source)}`);
    t.is((await run(['import', source, copy], readFileSync(lines))).exitCode, 0);
    const input = '{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n{"key":"c","value":"3"}\n';
    const again = await run(['put', copy, '--batch', '-', '--source', 'orders', '--ack'], input);
    t.is(again.stdout, '{"acknowledged":2}\n{"acknowledged":3}\n');
    const other = await run(['put', copy, '--batch', '-', '--source', 'orders'], 'x\n'.repeat(4));
    t.is(other.exitCode, 8);
  }
});

test('an artifact keeps sources on its way through mmap-state', async (t) => {
  const folder = tempDir(t);
  const { store } = await samples(folder);
  await run(['export', store, path.join(folder, 'a.tar')]);
  await run(['import', path.join(folder, 'a.tar'), path.join(folder, 'copy')]);
  const stat = JSON.parse((await run(['stat', path.join(folder, 'copy'), '--json'])).stdout) as object;
  t.like(stat, { sources: { orders: '2' } });
});

test('every flipped byte of an NDJSON export is damage, or of a version that is not ours', async (t) => {
  const folder = tempDir(t);
  const fold = path.join(folder, 'f.snap');
  await run(
    ['put', fold, '--batch', '-', '--cursor', '12'],
    '{"key":"é","value":"1","revision":5}\n{"keyBase64":"/w==","value":"2"}\n'.replace(
      '{"keyBase64":"/w==","value":"2"}\n',
      '{"key":"z","valueBase64":"/w=="}\n',
    ),
  );
  const whole = (await run(['export', fold, '-', '--as', 'ndjson'])).stdoutBytes;
  for (let at = 0; at < whole.length; at++) {
    for (const bit of [0, 2, 5, 7]) {
      const flipped = Uint8Array.from(whole);
      flipped[at]! ^= 1 << bit;
      const copy = path.join(folder, 'copy.snap');
      const { exitCode, stderr } = await run(['import', '-', copy], flipped);
      t.true([3, 7].includes(exitCode), `byte ${at}, bit ${bit}: ${exitCode}, ${stderr}`);
      if (exitCode === 7)
        t.regex(stderr, /version|known|compressed|archive|UTF-16/, `byte ${at}, bit ${bit}`);
      t.false(existsSync(copy));
    }
  }
  for (let length = 1; length < whole.length; length++) {
    t.is(
      (await run(['import', '-', path.join(folder, 'copy.snap')], whole.slice(0, length))).exitCode,
      3,
      `${length}`,
    );
  }
  t.deepEqual(readdirSync(folder), ['f.snap']);
});

test('the same flips are told by verify, and nothing shows what is not whole', async (t) => {
  const folder = tempDir(t);
  const { store } = await samples(folder);
  const whole = (await run(['export', store, '-', '--as', 'ndjson'])).stdoutBytes;
  const file = path.join(folder, 'x.ndjson');
  writeFileSync(file, whole);
  t.is((await run(['verify', file])).exitCode, 0);
  // Behind the first bytes, by which the file is known.
  for (let at = 12; at < whole.length; at++) {
    const flipped = Uint8Array.from(whole);
    flipped[at]! ^= 2;
    writeFileSync(file, flipped);
    const { exitCode, stderr } = await run(['verify', file]);
    t.true([3, 7].includes(exitCode), `byte ${at}: ${exitCode}, ${stderr}`);
    t.is((await run(['scan', file])).stdout, '');
  }
});

test('an NDJSON export is read where it lies, whatever it is called', async (t) => {
  const folder = tempDir(t);
  const { store, revised } = await samples(folder);
  const [one, two] = [path.join(folder, 'one.txt'), path.join(folder, 'two')];
  await run(['export', store, one, '--as', 'ndjson']);
  await run(['export', revised, two, '--as', 'ndjson']);
  t.is((await run(['get', one, 'b'])).stdout, '2');
  t.is((await run(['get', one, 'x'])).exitCode, 1);
  t.is((await run(['scan', one, '--reverse'])).stdout, 'b\t2\na\t1\n');
  t.is((await run(['scan', one, '--after', 'a'])).stdout, 'b\t2\n');
  t.is((await run(['scan', two, '--json'])).stdout, (await run(['scan', revised, '--json'])).stdout);
  t.is((await run(['diff', store, one])).exitCode, 0);
  t.is((await run(['diff', one, two])).exitCode, 1);
  t.like(JSON.parse((await run(['stat', one, '--json', '--digest'])).stdout), { kind: 'ndjson', keys: 2 });
  t.is((await run(['wal-replay', one])).exitCode, 7);
  t.is((await run(['put', one, 'k', 'v'])).exitCode, 8);
  t.is((await run(['export', one, path.join(folder, 'three')])).exitCode, 8);
});

for (const [name, mark] of [
  ['a byte order mark', Buffer.from([0xef, 0xbb, 0xbf])],
  ['nothing', Buffer.alloc(0)],
] as const) {
  test(`an import from a pipe passes over ${name} in front`, async (t) => {
    const folder = tempDir(t);
    const { store } = await samples(folder);
    const lines = (await run(['export', store, '-', '--as', 'ndjson'])).stdoutBytes;
    const copy = path.join(folder, 'copy');
    t.is((await run(['import', '-', copy], Buffer.concat([mark, lines]))).exitCode, 0);
    t.is((await run(['diff', store, copy])).exitCode, 0);
    const file = path.join(folder, 'lines');
    writeFileSync(file, Buffer.concat([mark, lines]));
    t.is((await run(['verify', file])).exitCode, 0);
    t.is((await run(['get', file, 'b'])).stdout, '2');
    t.is((await run(['import', file, path.join(folder, 'by-name')])).exitCode, 0);
  });
}

test('text in UTF-16 is named, with what makes UTF-8 of it', async (t) => {
  const text = Buffer.from('\ufeff{"statelog":1}', 'utf16le');
  const { exitCode, stderr } = await run(['import', '-', path.join(tempDir(t), 'x')], text);
  t.is(exitCode, 7);
  t.regex(stderr, /UTF-16.*iconv/);
});

test('nothing is made in a store by name', async (t) => {
  const folder = tempDir(t);
  const { store, revised } = await samples(folder);
  await run(['export', store, path.join(folder, 'artifact')]);
  const within = (name: string) => path.join(store, name);
  for (const argv of [
    ['export', revised, within('checkpoints/2')],
    ['export', revised, within('x.tar')],
    ['export', revised, within('x.ndjson')],
    ['export', revised, path.join(folder, 'artifact', 'data', 'x')],
    ['import', revised, within('x.snap')],
    ['import', revised, within('x.snap'), '--dry-run'],
    ['create', within('x')],
    ['create', within('checkpoints/9')],
    ['put', within('wal/x.snap'), 'k', 'v'],
    ['wal-replay', fixtureLog(folder), '--into', within('x')],
    ['repair', revised, '--into', within('x.snap')],
  ]) {
    const before = readdirSync(store, { recursive: true }).sort();
    const { exitCode, stderr } = await run(argv);
    t.is(exitCode, 8, `${argv.join(' ')}: ${stderr}`);
    t.deepEqual(readdirSync(store, { recursive: true }).sort(), before);
  }
  t.is((await run(['checkpoint', store])).exitCode, 0);
});

function fixtureLog(folder: string): string {
  return path.join(folder, 'store');
}

for (const [destination, flags, exitCode] of [
  ['x.tar.gz', [], 8],
  ['x.tgz', [], 8],
  ['x.TAR.GZ', [], 8],
  ['x.tar.zst', [], 8],
  ['x.tar.xz', [], 8],
  ['x.tar.bz2', [], 8],
  ['x.ndjson.gz', [], 8],
  ['x.ndjson', ['--as', 'mmap-state'], 2],
  ['x.tar', ['--as', 'ndjson'], 2],
] as const) {
  test(`${destination} ${flags.join(' ')} is refused as a destination`, async (t) => {
    const folder = tempDir(t);
    const { store } = await samples(folder);
    const before = readdirSync(folder).sort();
    const result = await run(['export', store, path.join(folder, destination), ...flags]);
    t.is(result.exitCode, exitCode);
    t.deepEqual(readdirSync(folder).sort(), before);
  });
}

test('a name that ends in .ndjson is that form, and one in .TAR a tar', async (t) => {
  const folder = tempDir(t);
  const { store } = await samples(folder);
  await run(['export', store, path.join(folder, 'x.ndjson')]);
  t.regex(readFileSync(path.join(folder, 'x.ndjson'), 'utf8'), /^\{"statelog":1,/);
  await run(['export', store, path.join(folder, 'x.TAR')]);
  t.is((await run(['verify', path.join(folder, 'x.TAR')])).exitCode, 0);
});

test('a dry run judges the destination as the run does', async (t) => {
  const folder = tempDir(t);
  const { store, revised } = await samples(folder);
  mkdirSync(path.join(folder, 'empty'));
  writeFileSync(path.join(folder, 'file'), 'x');
  await run(['export', store, path.join(folder, 'artifact')]);
  for (const [source, destination] of [
    [revised, 'empty'],
    [revised, 'file'],
    [store, 'file'],
    [path.join(folder, 'artifact'), 'file'],
    [revised, 'none/x.snap'],
    [path.join(folder, 'artifact'), 'none/x'],
    [path.join(folder, 'artifact'), 'artifact/x'],
    [revised, 'file/x'],
  ] as const) {
    const argv = ['import', source, path.join(folder, destination)];
    const dry = await run([...argv, '--dry-run']);
    const real = await run(argv);
    t.is(dry.exitCode, real.exitCode, destination);
    t.not(dry.exitCode, 0, destination);
    t.is(dry.stderr, real.stderr, destination);
  }
  t.is(
    (await run(['import', path.join(folder, 'artifact'), path.join(folder, 'empty'), '--dry-run'])).exitCode,
    0,
  );
  t.deepEqual(readdirSync(path.join(folder, 'empty')), []);
});

test('a torn end is told by export and import as by get', async (t) => {
  const folder = tempDir(t);
  const { store, revised } = await samples(folder);
  const wal = path.join(store, 'wal', '1', 'wal-0.log');
  const segment = readFileSync(wal);
  writeFileSync(wal, Buffer.concat([segment, segment.subarray(0, 50)]));
  const log = readFileSync(revised);
  writeFileSync(revised, Buffer.concat([log, log.subarray(12, 22)]));
  for (const [source, index] of [
    [store, 1],
    [revised, 2],
  ] as const) {
    const told = (await run(['get', source, 'a'])).stderr;
    t.regex(told, /./);
    const exported = await run(['export', source, path.join(folder, `out${index}`), '--report', '/dev/null']);
    t.is(exported.exitCode, 0, exported.stderr);
    t.is(exported.stderr, told);
    t.true((await run(['export', source, '-', '--as', 'ndjson'])).stderr.startsWith(told));
    const imported = await run(['import', source, path.join(folder, `in${index}.snap`), '--drop-sources']);
    t.is(imported.exitCode, 0, imported.stderr);
    t.is(imported.stderr, told);
  }
});

for (const form of ['mmap-state', 'append-log', 'ndjson']) {
  test(`a receiver that goes away before the end of ${form} is told of, with 6`, async (t) => {
    const { revised, store } = await samples(tempDir(t));
    const source = form === 'append-log' ? revised : store;
    const argv = ['export', source, '-', '--as', form];
    const whole = (await commandLine(argv)).stdoutBytes.length;
    const { exitCode, stderr } = await commandLine(argv, { readerTakes: Math.min(whole - 1, 512) });
    t.is(exitCode, 6);
    t.regex(stderr, /went away before its end/);
  });
}
