import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { commandLine } from '../../support/command-line.js';
import { BROWSER, browser, closed, isThere, tags } from './chromium.js';
import { reported, reportedBy } from './page.js';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

needing(
  test,
  BROWSER,
  isThere,
)('a browser shows the page as it was written, in light and in dark, and runs nothing of it', async (t) => {
  const folder = tempDir(t);
  const key = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const pieces = records(2_000, 0n, {
    operation: { op: 'put', key: Buffer.from(key), value: Buffer.from('v') },
  });
  for (const index of [3, 700, 1_400]) pieces[index]![20]! ^= 0xff;
  const segment = path.join(folder, 'wal-0.log');
  writeFileSync(segment, joined(...pieces));
  const { file } = await reported(t, segment);
  const browse = browser(folder, `file://${file}`);
  const dom = browse('--dump-dom');
  t.regex(dom, /<title>statelog verify: Damage was found<\/title>/);
  t.notRegex(dom, /<(script|img)/);
  t.is([...dom.matchAll(/<details>/g)].length, 4, 'three hexdumps, and the counts of the timeline');
  t.regex(dom, /<path class="damaged" d="M/);
  t.deepEqual(tags(dom), tags(closed(readFileSync(file, 'utf8'))));

  const pictures = ['1', '0'].map((scheme) => {
    const picture = path.join(folder, `${scheme}.png`);
    browse(`--blink-settings=preferredColorScheme=${scheme}`, `--screenshot=${picture}`);
    return readFileSync(picture);
  });
  for (const picture of pictures) t.deepEqual(picture.subarray(0, PNG.length), PNG);
  t.notDeepEqual(pictures[0], pictures[1]);
});

needing(
  test,
  BROWSER,
  isThere,
)('the pages of repair, rescue and diff are well formed, and no key in them is markup', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  const key = '<img src=x onerror="document.title=1">';
  await commandLine(['put', store, key, 'older']);
  await commandLine(['checkpoint', store]);
  const before = path.join(folder, 'before');
  cpSync(store, before, { recursive: true });
  await commandLine(['put', store, key, 'newer value']);
  await commandLine(['put', store, 'another', '1']);
  const segment = path.join(store, 'wal/2/wal-0.log');
  const bytes = readFileSync(segment);
  bytes[bytes.indexOf('newer value')]! ^= 0x21;
  const differing = await reportedBy(t, 'diff', before, store);
  writeFileSync(segment, bytes);
  const repaired = await reportedBy(t, 'repair', store, '--into', path.join(folder, 'new'));
  const rescued = await reportedBy(t, 'rescue', store, '--backup', before);
  for (const { file, page } of [differing, repaired, rescued]) {
    const dom = browser(folder, `file://${file}`)('--dump-dom');
    t.notRegex(dom, /<(script|img)/);
    t.regex(dom, /&lt;img src=x/);
    t.deepEqual(tags(dom), tags(closed(page)));
  }
});
