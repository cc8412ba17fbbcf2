import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly hex: string;
}

/** What can happen to a file at a place: the six kinds of damage. */
const damages: Readonly<Record<string, (bytes: Buffer, at: number, size: number) => Buffer>> = {
  'bit flip': (bytes, at, size) => replaced(bytes, at, Buffer.of(bytes[at]! ^ (1 << (size % 8)))),
  burst: (bytes, at, size) =>
    replaced(bytes, at, Buffer.from(bytes.subarray(at, at + (size % 64)).map((byte) => byte ^ 0xa5))),
  cut: (bytes, at) => bytes.subarray(0, at),
  'zeroed block': (bytes, at, size) => replaced(bytes, at, Buffer.alloc(Math.min(size, bytes.length - at))),
  'doubled block': (bytes, at, size) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + size), bytes.subarray(at)]),
  'wrong length': (bytes, at, size) => replaced(bytes, at, Buffer.of(size & 0xff, size >>> 8)),
};

function replaced(bytes: Buffer, at: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + by.length)]).subarray(0, bytes.length);
}

for (const name of ['wal-ops/wal-0.log', 'wal-cores/wal-0.log', 'fold-log.snap']) {
  test(`whatever is done to ${name}, the bytes of each fault are shown one behind the other, as they are`, async (t) => {
    const good = readFileSync(fixturePath(name));
    const file = path.join(tempDir(t), path.basename(name));
    const damage = fc.constantFrom(...Object.keys(damages));
    const place = fc.integer({ min: 1, max: good.length - 1 });
    await fc.assert(
      fc.asyncProperty(damage, place, fc.integer({ min: 1, max: 5_000 }), async (kind, at, size) => {
        const bytes = damages[kind]!(good, at, size);
        writeFileSync(file, bytes);
        const { exitCode, stdout } = await commandLine(['verify', file, '--hexdump', '--json']);
        // Under another version nothing proves that the records are ours.
        const isOtherVersion = exitCode === 7 && at < 6;
        if (![0, 3, 4].includes(exitCode) && !isOtherVersion) throw new Error(`it ended with ${exitCode}`);
        for (const { finding, fields } of linesOf(stdout) as { finding?: JsonLine; fields?: Field[] }[]) {
          if (finding === undefined || finding['severity'] === 'notice') continue;
          const complaint = complaintAbout(fields ?? [], finding, bytes);
          if (complaint !== undefined) throw new Error(`${kind} at ${at}, ${size}: ${complaint}`);
        }
      }),
      { numRuns: 120 },
    );
    t.pass();
  });
}

/** What is wrong with what is shown of a fault. */
function complaintAbout(fields: readonly Field[], finding: JsonLine, bytes: Buffer): string | undefined {
  const [first] = fields;
  if (first === undefined) return `nothing is shown of ${JSON.stringify(finding)}`;
  let end = first.offset;
  for (const { name, offset, bytes: length, hex } of fields) {
    if (offset !== end) return `${name} is at ${offset}, not at ${end}`;
    end += length;
    if (end > bytes.length) return `${name} ends at ${end}, behind the end of the file`;
    if (hex !== bytes.subarray(offset, offset + hex.length / 2).toString('hex'))
      return `${name} is shown otherwise`;
    if (hex.length / 2 !== Math.min(length, 1_024)) return `${name} is not shown whole`;
  }
  const from = Number(finding['offset']);
  const to = from + Number(finding['bytes']);
  if (first.offset > from || end < to)
    return `${first.offset} to ${end} is shown, the fault is ${from} to ${to}`;
  return undefined;
}
