import path from 'node:path';
import { AppendLogSnapshot } from '../../src/engine/artifact/backends/append-log-snapshot.js';
import { crc32 } from '../../src/engine/bytes/crc/checksum.js';
import { writeU32 } from '../../src/engine/bytes/halves.js';
import { damaged, noticed, torn, type Damaged, type DamageCase } from './case.js';
import { append, bytesAt, cutAt, flip, overwrite, rewrite } from './edits.js';
import { goodLog, recordsOfLog, type PlacedRecord } from './good.js';

/** A put in the middle, and the record behind it. */
const CHOSEN = 9;
/** Where a put's key starts, and where the first of its 7 bytes' value does. */
const KEY_AT = 7;
const VALUE_AT = KEY_AT + 7 + 4;

interface Log {
  readonly file: string;
  readonly chosen: PlacedRecord;
  readonly end: number;
}

function logCase(name: string, damageClass: DamageCase['class'], damage: (log: Log) => Damaged): DamageCase {
  const make = (folder: string): Damaged => {
    const file = path.join(folder, 'orders.snap');
    goodLog(file);
    const records = recordsOfLog(file);
    const last = records.at(-1)!;
    return damage({ file, chosen: records[CHOSEN]!, end: last.offset + last.bytes });
  };
  return { name, class: damageClass, make };
}

/** What an apply of one put leaves that was cut in the middle. */
function unfinishedApply(file: string): Uint8Array {
  const [, first] = recordsOfLog(file);
  return bytesAt(file, first!.offset, first!.bytes - 10);
}

/** What can be wrong with a fold log. */
export const LOG_CASES: readonly DamageCase[] = [
  logCase('log-cut-in-its-last-apply', 'torn-tail', ({ file, end }) => {
    append(file, unfinishedApply(file));
    return torn(file, 'torn-tail', { offset: end });
  }),
  logCase('log-followed-by-zeros', 'zero-tail', ({ file, end }) => {
    append(file, new Uint8Array(3_000));
    return torn(file, 'zero-tail', { offset: end, bytes: 3_000 });
  }),
  logCase('log-whose-writer-is-at-work', 'in-flight', ({ file, end }) => {
    const { store } = AppendLogSnapshot.open(file, Infinity, { compactOnOpen: false });
    append(file, unfinishedApply(file));
    const release = (): void => {
      cutAt(file, end);
      store.close();
    };
    return { ...noticed(file, 'in-flight', { offset: end }), release };
  }),
  logCase('log-with-a-flipped-bit', 'checksum-mismatch', ({ file, chosen }) => {
    flip(file, chosen.offset + VALUE_AT + 20);
    return damaged(file, 'checksum-mismatch', chosen);
  }),
  logCase('log-with-a-wrong-length', 'bad-length', ({ file, chosen }) => {
    overwrite(file, chosen.offset + VALUE_AT - 4, Buffer.from([0xff, 0xff, 0xff, 0x7f]));
    return damaged(file, 'bad-length', chosen);
  }),
  logCase('log-with-a-key-that-claims-more', 'bad-length', ({ file, chosen }) => {
    overwrite(file, chosen.offset + KEY_AT - 2, Buffer.from([40, 0]));
    return damaged(file, 'bad-length', chosen);
  }),
  logCase('log-with-a-length-past-the-end', 'bad-length', ({ file, chosen }) => {
    overwrite(file, chosen.offset + VALUE_AT - 4, Buffer.from([0, 0, 0xff, 0]));
    return damaged(file, 'bad-length', chosen);
  }),
  logCase('log-with-an-unknown-type', 'undecodable', ({ file, chosen }) => {
    overwrite(file, chosen.offset + 4, Buffer.from([0x77]));
    return damaged(file, 'undecodable', chosen);
  }),
  logCase('log-with-a-hole-of-zeros', 'undecodable', ({ file, chosen }) => {
    overwrite(file, chosen.offset, new Uint8Array(chosen.bytes));
    return damaged(file, 'undecodable', chosen);
  }),
  logCase('log-with-a-key-that-is-no-text', 'undecodable', ({ file, chosen }) => {
    rewrite(file, (bytes) => {
      bytes[chosen.offset + KEY_AT] = 0xff;
      writeU32(bytes, chosen.offset, crc32(bytes, chosen.offset + 4, chosen.offset + chosen.bytes));
      return bytes;
    });
    return damaged(file, 'undecodable', chosen);
  }),
  logCase('log-with-another-magic-number', 'bad-header', ({ file }) => {
    overwrite(file, 0, Buffer.from('pGSS'));
    return damaged(file, 'bad-header', { offset: 0, bytes: 6 });
  }),
  logCase('log-with-a-version-that-its-records-are-not-of', 'bad-version', ({ file }) => {
    overwrite(file, 4, Buffer.from([7]));
    return damaged(file, 'bad-version', { offset: 0, bytes: 6 });
  }),
  logCase('log-of-a-later-version', 'bad-version', ({ file }) => {
    rewrite(file, (bytes) =>
      Buffer.concat([Buffer.from('PGSS'), Buffer.from([3, 0]), Buffer.alloc(bytes.length, 0x5a)]),
    );
    return { path: file, exitCode: 7, findings: [] };
  }),
];
