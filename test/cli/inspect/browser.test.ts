import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { needing } from '../../support/needing.js';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';
import { BROWSER, browser, closed, isThere, tags } from '../report/chromium.js';

needing(
  test,
  BROWSER,
  isThere,
)('a browser shows the pages of inspect as they were sent, and runs nothing of a key', async (t) => {
  const folder = tempDir(t);
  const key = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const pieces = records(200, 0n, {
    operation: { op: 'put', key: Buffer.from(key), value: Buffer.from('v') },
  });
  pieces[3]![20]! ^= 0xff;
  const log = path.join(folder, 'wal-0.log');
  writeFileSync(log, joined(...pieces));
  const started = spawn(process.execPath, [await programFile(), 'inspect', log]);
  t.teardown(() => started.kill('SIGKILL'));
  const [url] = (await once(createInterface(started.stdout), 'line')) as [string];
  const places = ['', 'log/0', 'log/0/record?at=0', 'report'];
  // All before the first browser: while one runs this process waits, and would not see the connection that it keeps closed.
  const pages = await Promise.all(places.map(async (place) => (await fetch(url + place)).text()));
  for (const [index, place] of places.entries()) {
    const dom = browser(folder, url + place)('--dump-dom');
    t.regex(dom, /<title>statelog inspect /);
    t.notRegex(dom, /<(script|img)/);
    t.deepEqual(tags(dom), tags(closed(pages[index]!)), place);
  }
});
