import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { commandLine } from '../support/command-line.js';
import type { MemoryTerminalOptions } from '../support/memory-terminal.js';
import { tempDir } from '../support/temp-dir.js';
import type { DamageCase } from './case.js';
import { DAMAGE_CASES } from './cases.js';
import { goodArtifact, goodDirectory, goodLog, goodSegment, keyOf, SECRET, valueOf } from './good.js';

/*
 * No value comes out of any command that is told to keep values to itself, nor out of one that has no
 * reason to show any: of whole things and of damaged ones, in results, findings, dumps and errors.
 */

const SECRET_BYTES = Buffer.from(`${SECRET}-`);

/** The secret as hex, spaced out as in a dump or not, and as base64, wherever it starts in a group of three. */
const FORMS: readonly RegExp[] = [
  new RegExp(SECRET),
  new RegExp([...Buffer.from(SECRET)].map((byte) => byte.toString(16)).join('\\s*'), 'i'),
  ...[0, 1, 2].map((shift) => {
    const text = Buffer.concat([new Uint8Array(shift), SECRET_BYTES]).toString('base64');
    const whole = Math.floor(((shift + SECRET_BYTES.length) * 8) / 6);
    return new RegExp(text.slice(Math.ceil((shift * 8) / 6), whole).replaceAll('+', '\\+'));
  }),
];

async function keepsToItself(
  t: ExecutionContext,
  argv: readonly string[],
  options: MemoryTerminalOptions & { readonly debug?: boolean } = {},
): Promise<string> {
  const { stdout, stderr, exitCode } = await commandLine(argv, options);
  for (const form of FORMS) {
    for (const text of [stdout, stderr]) {
      const at = text.search(form);
      t.is(at, -1, `${argv.join(' ')}: ${text.slice(Math.max(0, at - 200), at + 50)}`);
    }
  }
  t.not(exitCode, 70, stderr);
  return stdout;
}

/** Everything that reads a path. */
function readersOf(target: string, other: string): string[][] {
  const key = Buffer.from(keyOf(3)).toString();
  return [
    ['scan', target, '--redact'],
    ['scan', target, '--redact', '--json', '--value-encoding', 'base64'],
    ['scan', target, '--keys-only'],
    ['diff', target, other, '--redact'],
    ['diff', other, target, '--redact', '--json', '--encoding', 'hex'],
    ['diff', other, target, '--keys-only', '--json'],
    ['wal-replay', target, '--redact'],
    ['wal-replay', target, '--redact', '--json', '--hexdump', '--no-merge'],
    ['wal-replay', target, '--redact', '--hexdump', '--encoding', 'hex'],
    ['wal-replay', target, '--stats', '--json'],
    ['verify', target],
    ['verify', target, '--redact', '--hexdump'],
    ['verify', target, '--redact', '--hexdump', '--json'],
    ['stat', target, '--digest'],
    ['get', target, `${key} and more`],
    ['repair', target, '--dry-run', '--redact'],
    ['export', target, '-', '--redact'],
  ];
}

/** What writes somewhere else, or mends. */
function writersOf(target: string, folder: string): string[][] {
  const to = (name: string): string => path.join(folder, name);
  return [
    ['repair', target, '--into', to('repaired'), '--redact', '--json'],
    ['export', target, to('exported.tar'), '--json'],
    ['import', target, to('imported'), '--drop-revisions'],
    ['wal-replay', target, '--into', to('replayed'), '--skip-damage', '--redact'],
    ['checkpoint', target],
    ['compact', target],
    ['delete', target, 'absent'],
    ['repair', target, '--redact'],
  ];
}

async function tryAll(t: ExecutionContext, target: string, folder: string, other: string): Promise<void> {
  const readers = readersOf(target, other);
  for (const argv of readers) await keepsToItself(t, argv);
  for (const argv of [readers[0]!, readers[3]!, readers[6]!, readers[11]!]) {
    await keepsToItself(t, argv, { isTerminal: true });
  }
  for (const argv of writersOf(target, folder)) await keepsToItself(t, argv);
}

/** One for each class and kind of thing. */
function chosenCases(): DamageCase[] {
  const seen = new Set<string>();
  return DAMAGE_CASES.filter(({ name, class: damageClass }) => {
    if (name.includes('laminardb') || name.includes('folder-without')) return false;
    const [kind] = name.split('-');
    const sort = `${kind!} ${damageClass}`;
    if (seen.has(sort) && !name.includes('claims')) return false;
    seen.add(sort);
    return true;
  });
}

for (const { name, make } of chosenCases()) {
  test.serial(`no value comes out of a ${name}`, async (t) => {
    const folder = tempDir(t);
    const other = path.join(folder, 'other.snap');
    goodLog(other);
    const place = path.join(folder, 'place');
    cpSync(tempDir(t), place, { recursive: true });
    const { path: target, release } = await make(place);
    try {
      await tryAll(t, target, folder, other);
    } finally {
      release?.();
    }
  });
}

const whole: Readonly<Record<string, (place: string) => void | Promise<void>>> = {
  'orders.snap': goodLog,
  'wal-0.log': goodSegment,
  orders: goodDirectory,
};

for (const [name, make] of Object.entries(whole)) {
  test.serial(`no value comes out of a whole ${name}, nor out of an artifact of it`, async (t) => {
    const folder = tempDir(t);
    const other = path.join(folder, 'other.snap');
    goodLog(other);
    const target = path.join(folder, name);
    await make(target);
    if (name !== 'wal-0.log') {
      const artifact = path.join(folder, 'artifact.tar');
      goodArtifact(target, artifact);
      for (const argv of readersOf(artifact, target)) await keepsToItself(t, argv);
      rmSync(artifact);
    }
    await tryAll(t, target, folder, other);
    t.true(existsSync(target));
  });
}

test.serial('no value comes out of the error of a batch line or a stream that was refused', async (t) => {
  const folder = tempDir(t);
  const [store, log] = [path.join(folder, 'store'), path.join(folder, 'log.snap')];
  await commandLine(['create', store]);
  await commandLine(['create', log]);
  const value = Buffer.from(valueOf(1)).toString();
  const lines = [
    `{"key":"k","value":"${value}`,
    `{"key":"k","value":"${value}","valueBase64":"${value}"}`,
    `{"key":1,"value":"${value}"}`,
    `["k","${value}"]`,
    `"${value}"`,
    `{"statelog":1,"kind":"log","cursor":null}\n{"key":"k","value":"${value}"}\n${value}\n`,
  ];
  for (const line of lines) {
    for (const argv of [
      ['put', store, '--batch', '-'],
      ['put', store, '--batch', '-', '--json'],
      ['put', log, '--batch', '-', '--value-encoding', 'hex'],
      ['import', '-', path.join(folder, 'imported')],
    ]) {
      await keepsToItself(t, argv, { input: [`${line}\n`], debug: true });
    }
  }
  for (const line of [`k\t${value}\t${value}`, value, `k\t${value}\\q`, `k\t${value}\r`]) {
    await keepsToItself(t, ['put', store, '--batch', '-', '--tsv'], { input: [`${line}\n`] });
  }
});

for (const [name, make] of [
  ['orders.snap', goodLog],
  ['wal-0.log', goodSegment],
] as const) {
  test.serial(`no value comes out of the dump of a fault, wherever ${name} is damaged`, async (t) => {
    const file = path.join(tempDir(t), name);
    make(file);
    const good = readFileSync(file);
    const change = fc.record({
      at: fc.nat({ max: good.length - 40 }),
      piece: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(good);
        for (const { at, piece } of changes) bytes.set(piece, at);
        writeFileSync(file, bytes);
        await keepsToItself(t, ['verify', file, '--hexdump', '--redact', '--json']);
        await keepsToItself(t, ['verify', file, '--hexdump', '--redact'], { isTerminal: true });
        await keepsToItself(t, ['repair', file, '--dry-run', '--redact']);
      }),
      { numRuns: 150 },
    );
  });
}

test.serial('no value comes out of the dump of a fault where a key seems to reach into it', async (t) => {
  const file = path.join(tempDir(t), 'orders.snap');
  goodLog(file);
  const good = readFileSync(file);
  // The first record's value is changed, too, so that no single change explains it all.
  const within = good.indexOf(SECRET_BYTES) + 2 * SECRET_BYTES.length;
  // Whatever the byte is, one of these is the length of the first record's key.
  for (let at = 0; at < within - SECRET_BYTES.length; at++) {
    const bytes = Buffer.from(good);
    bytes[at] = (bytes[at]! + 3 * SECRET_BYTES.length) & 0xff;
    bytes[within + 5] = bytes[within + 5]! ^ 0x55;
    writeFileSync(file, bytes);
    await keepsToItself(t, ['verify', file, '--hexdump', '--redact']);
  }
});
