import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { entry, FOLD, MANIFEST, tar } from '../../engine/artifact/hostile-tars.js';
import { entryOf, recordOf } from '../../engine/wal/segment-builder.js';
import { CROWDED_SEGMENTS } from '../../engine/wal/crowded-segments.js';
import { HOSTILE_LOGS } from '../../engine/fold/hostile-logs.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

/** So many of a kind in a file are told one by one. */
const EACH = 1000;
const MIB = 1024 * 1024;
const PAGE_BYTES = 4096;

interface Verified {
  readonly exitCode: number;
  readonly findings: JsonLine[];
  readonly summary: JsonLine;
}

async function verified(file: string): Promise<Verified> {
  const { exitCode, stdout } = await commandLine(['verify', file, '--json']);
  const lines = linesOf(stdout);
  const findings = lines.flatMap(({ finding }) => (finding === undefined ? [] : [finding as JsonLine]));
  return { exitCode, findings, summary: lines.at(-1)!['summary'] as JsonLine };
}

for (const [name, file, make, badBytes] of [
  ['segment', 'wal-0.log', CROWDED_SEGMENTS['good records, each followed by one bad byte']!, 1],
  ['fold log', 'fold.snap', HOSTILE_LOGS['good puts and such with a wrong checksum by turns']!, 127],
] as const) {
  test(`of a ${name} that is bad at every few bytes the first thousand places are told, and the others counted`, async (t) => {
    const place = path.join(tempDir(t), file);
    writeFileSync(place, make(MIB));
    const { exitCode, findings, summary } = await verified(place);
    t.is(exitCode, 3);
    const damage = findings.filter(({ more, severity }) => more === undefined && severity === 'damage');
    t.is(damage.length, EACH);
    const [rest, ...others] = findings.filter(({ more }) => more !== undefined);
    t.deepEqual(others, []);
    const { places, end } = rest!['more'] as { places: number; end: number };
    t.is(summary['damage'], EACH + places);
    t.is(rest!['bytes'], places * badBytes);
    t.true((rest!['offset'] as number) > (damage.at(-1)!['offset'] as number));
    t.true(end > (rest!['offset'] as number) + places * badBytes);
    t.true(
      String(rest!['message']).startsWith(
        `and ${places} more of this kind, up to byte ${end}; the first of them: `,
      ),
    );
    t.is(rest!['hint'], damage[0]!['hint']);
    // What follows the last good record is torn, or the last good record comes last.
    const bad = (summary['damage'] as number) + (summary['torn'] as number);
    t.true([0, 1].includes((summary['records'] as number) - bad));
    const text = await commandLine(['verify', place]);
    t.is(text.exitCode, 3);
    t.is(
      text.stdout.split('\n').filter((line) => line.includes(' more of this kind, up to byte ')).length,
      1,
    );
  });
}

test('the records that are lost with places that are not told one by one are counted with them', async (t) => {
  const place = path.join(tempDir(t), 'wal-0.log');
  writeFileSync(place, CROWDED_SEGMENTS['good records and such with a wrong checksum by turns']!(MIB));
  const { findings } = await verified(place);
  const { more, lost } = findings.find((finding) => finding['more'] !== undefined)!;
  const { places } = more as { places: number };
  const { records, isExact, firstSequence, lastSequence } = lost as JsonLine;
  // The first of the thousand is record 1, and so on: each second one.
  const first = 2 * EACH + 1;
  t.deepEqual(
    { records, isExact, firstSequence, lastSequence },
    {
      records: places,
      isExact: true,
      firstSequence: String(first),
      lastSequence: String(first + 2 * (places - 1)),
    },
  );
});

test('records that are missing before good ones are counted with the places that are not told, too', async (t) => {
  const place = path.join(tempDir(t), 'wal-0.log');
  const records = Array.from({ length: EACH + 500 }, (_, index) =>
    recordOf(entryOf({ sequence: BigInt(3 * index), timestampNs: BigInt(index) })),
  );
  writeFileSync(place, Buffer.concat(records));
  const { findings } = await verified(place);
  const lost = findings.map((finding) => finding['lost'] as { records: number; lastSequence: string });
  t.is(
    lost.reduce((sum, { records: some }) => sum + some, 0),
    2 * (EACH + 499),
  );
  t.is(lost.at(-1)!.lastSequence, String(3 * (EACH + 499) - 1));
});

test('one more than a thousand is told as the others are', async (t) => {
  const place = path.join(tempDir(t), 'wal-0.log');
  const make = CROWDED_SEGMENTS['good records, each followed by one bad byte']!;
  // Behind the last bad byte is a good record; the bad byte behind that one is torn.
  const pieces = make((192 + 1) * (EACH + 1) + 1);
  writeFileSync(place, pieces);
  const { findings, summary } = await verified(place);
  t.is(summary['damage'], EACH + 1);
  t.is(findings.filter(({ severity }) => severity === 'damage').length, EACH + 1);
  t.true(findings.every(({ more }) => more === undefined));
});

test('of a tar full of files that nobody listed, too, and the files that were listed are told as ever', async (t) => {
  const place = path.join(tempDir(t), 'artifact.tar');
  const strangers = Array.from({ length: 3 * EACH }, (_, index) => entry(`data/stranger-${index}`, 'x'));
  writeFileSync(place, tar(entry('MANIFEST.json', MANIFEST), entry('data/fold.snap', FOLD), ...strangers));
  const { exitCode, findings, summary } = await verified(place);
  t.is(exitCode, 3);
  t.is(summary['damage'], 3 * EACH);
  t.is(findings.length, EACH + 1);
  t.is((findings.at(-1)!['more'] as { places: number }).places, 2 * EACH);
});

test('of a state file of which each second page is bad, too', async (t) => {
  const place = path.join(tempDir(t), 'state-0.db');
  const store = MmapStateStore.persistent(place, MIB);
  const value = new Uint8Array(2 * PAGE_BYTES);
  for (let index = 0; index < EACH + 50; index++) store.put(new TextEncoder().encode(`key-${index}`), value);
  store.flush();
  store.saveIndex();
  store.close();
  const bytes = readFileSync(place);
  for (let at = PAGE_BYTES; at < bytes.length - PAGE_BYTES; at += 2 * PAGE_BYTES) bytes[at]! ^= 1;
  writeFileSync(place, bytes);
  const { exitCode, findings, summary } = await verified(place);
  t.is(exitCode, 3);
  const [rest] = findings.filter(({ more }) => more !== undefined);
  const { places } = rest!['more'] as { places: number };
  t.true(places > 0);
  t.is(findings.filter((finding) => finding['class'] === 'value-mismatch').length, EACH + 1);
  t.is(summary['damage'], EACH + places);
  t.is(rest!['file'], place);
});
