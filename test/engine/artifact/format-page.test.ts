import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import {
  ENTRIES_MAX,
  MANIFEST_BYTES_MAX,
  PATH_BYTES_MAX,
  PATH_DEPTH_MAX,
} from '../../../src/engine/artifact/format/format.js';
import { decodeExportManifest, encodeExportManifest } from '../../../src/engine/artifact/format/manifest.js';
import { decodeTarHeader } from '../../../src/engine/artifact/format/tar-header.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { tempDir } from '../../support/temp-dir.js';

const page = readFileSync(new URL('../../../docs/formats/artifact.md', import.meta.url), 'utf8');
const manifestOnPage = /```json\n([^`]*)\n```/.exec(page)![1]!;

/** The page's table of a tar: offset, bytes, what is there. */
function tarOnPage(): { offset: number; bytes: number; what: string }[] {
  const table = page.slice(page.indexOf('Its tar has'));
  return [...table.matchAll(/^\| ([\d,]+) \| ([\d,]+) \| (.*) \|$/gm)].map(([, offset, bytes, what]) => ({
    offset: Number(offset!.replace(',', '')),
    bytes: Number(bytes!.replace(',', '')),
    what: what!,
  }));
}

test("the page's example is what an export writes", (t) => {
  const { store } = AppendLogSnapshot.open(path.join(tempDir(t), 'log.snap'));
  store.apply([KvUpdate.put('a', toUtf8('1'))], WatchCursor.none());
  const tar = Buffer.concat([...store.exportTar(1_700_000_000)].map((chunk) => Buffer.from(chunk)));
  store.close();
  const manifest = tar.subarray(2560, 2560 + manifestOnPage.length);
  t.is(manifest.toString(), manifestOnPage);
  let end = 0;
  for (const { offset, bytes, what } of tarOnPage()) {
    t.is(offset, end);
    end += bytes;
    const header = /^header: (\w+) `([^`]+)`(?:, (\d+) bytes)?$/.exec(what);
    if (header === null) continue;
    const [, kind, name, size] = header;
    t.deepEqual(decodeTarHeader(tar.subarray(offset, offset + 512)), { kind, name, size: Number(size ?? 0) });
  }
  t.is(end, tar.length);
  t.is(tar.length, 4096);
});

test("the page's manifest reads, and is written the same", (t) => {
  const manifest = decodeExportManifest(toUtf8(manifestOnPage), 'the page');
  t.is(Buffer.from(encodeExportManifest(manifest)).toString(), manifestOnPage);
  t.deepEqual(decodeExportManifest(toUtf8(`${manifestOnPage}\n`), 'the page'), manifest);
});

test("the page's limits are those of the code", (t) => {
  t.is(MANIFEST_BYTES_MAX, 1024 * 1024);
  t.is(ENTRIES_MAX, 8192);
  t.is(PATH_BYTES_MAX, 255);
  t.is(PATH_DEPTH_MAX, 8);
});
