import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import {
  COMPACT_THRESHOLD_DEFAULT,
  CURSOR_BYTES_MAX,
  DELETE_OVERHEAD_BYTES,
  KEY_BYTES_MAX,
  LOG_BYTES_MAX,
  PUT_OVERHEAD_BYTES,
  RECORD_BYTES_MIN,
  TOKEN_BYTES_MAX,
  MEMO_BYTES,
  VALUE_BYTES_MAX,
  VALUE_BYTES_PORTABLE,
} from '../../../src/engine/fold/format/format.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { tempDir } from '../../support/temp-dir.js';
import { cursorRecord, deleteRecord, logOf, putRecord } from './log-bytes.js';
import { scanBytes } from './scan.js';

const page = readFileSync(new URL('../../../docs/formats/fold-log.md', import.meta.url), 'utf8');

/** The bytes of the page's example; each line's position must be where the line before ended. */
function example(): Uint8Array {
  const block = /```hex log\n([^`]*)```/.exec(page)![1]!;
  const bytes: number[] = [];
  for (const line of block.trimEnd().split('\n')) {
    const [, position, hex] = /^ *(\d+) {2}((?:[0-9a-f]{2} ?)+) /.exec(line)!;
    if (Number(position) !== bytes.length) throw new Error(`"${line}" is at ${bytes.length}`);
    bytes.push(
      ...hex!
        .trim()
        .split(' ')
        .map((byte) => parseInt(byte, 16)),
    );
  }
  return Uint8Array.from(bytes);
}

const updates = [KvUpdate.put('é', toUtf8('up'), VersionToken.fromU64(5n)), KvUpdate.delete('k')];

test("the page's example is what the encoder writes, and reads back", (t) => {
  t.deepEqual(example(), logOf(putRecord('é', 'up', 5n), deleteRecord('k'), cursorRecord(5n)));
  const { records, findings } = scanBytes(example());
  t.deepEqual(findings, []);
  t.deepEqual(
    records.map(({ offset, key }) => [offset, key]),
    [
      [6, 'é'],
      [30, 'k'],
      [39, ''],
    ],
  );
});

test('a log of our own has a first and a closing cursor about the same records, as the page says', (t) => {
  const file = path.join(tempDir(t), 'log.snap');
  const { store } = AppendLogFold.open(file);
  store.apply(updates, WatchCursor.fromU64(5n));
  store.close();
  const records = example().subarray(6);
  const firstCursor = Buffer.from('3c41f46a0300', 'hex');
  t.deepEqual(readFileSync(file), Buffer.from(logOf(firstCursor, records, records.subarray(-14))));
});

test("the page's example is 44 bytes in compact form", (t) => {
  const file = path.join(tempDir(t), 'log.snap');
  writeFileSync(file, example());
  AppendLogFold.open(file).store.close();
  t.is(statSync(file).size, 44);
  t.deepEqual(readFileSync(file), Buffer.from(logOf(putRecord('é', 'up', 5n), cursorRecord(5n))));
});

test("the page's sizes and limits are those of the code", (t) => {
  t.is(PUT_OVERHEAD_BYTES, 12);
  t.is(DELETE_OVERHEAD_BYTES, 8);
  t.is(RECORD_BYTES_MIN, 6);
  t.is(CURSOR_BYTES_MAX, 26);
  t.is(TOKEN_BYTES_MAX, 10);
  t.is(KEY_BYTES_MAX, 65_535);
  t.is(VALUE_BYTES_MAX, 67_108_864);
  t.is(VALUE_BYTES_PORTABLE, 16_777_216);
  t.is(MEMO_BYTES, 12);
  t.is(LOG_BYTES_MAX, 128 * 1024 ** 3);
  t.is(COMPACT_THRESHOLD_DEFAULT, 10 * 1024 ** 2);
});
