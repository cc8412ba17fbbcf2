import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { ONE_OF_EACH_SORT } from '../../damage/cases.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { reported, reportedBy, rowsOfTable } from './page.js';
import { pageFaults } from './page-faults.js';

/* What counts as a fault of a page; and pages of comparisons. Those of other commands are looked at where they are held against --json. */

const PAGE =
  '<!doctype html><html lang="en"><head><title>t</title></head><body><main id="m">@</main></body></html>';

for (const [fault, piece] of [
  ['that is closed by another', '<section><h2>a</h3></section>'],
  ['that a browser closes by itself', '<p>a<table><tbody><tr><td>1</td></tr></tbody></table></p>'],
  ['that is not closed', '<section><p>a</p>'],
  ['with an unknown entity', '<p>&nosuch;</p>'],
  ['with an attribute twice', '<p class="a" class="b">a</p>'],
  ['that closes itself and cannot', '<section/>'],
  ['with an id twice', '<p id="a">a</p><p id="a">b</p>'],
  ['that names one which is not there', '<p><a href="#none">a</a></p>'],
  ['with nothing in it', '<table><tbody><tr><td></td></tr></tbody></table>'],
] as const) {
  test(`a page with an element ${fault} has a fault`, async (t) => {
    t.deepEqual(await pageFaults(PAGE.replace('@', '<p>good</p>')), []);
    t.not((await pageFaults(PAGE.replace('@', piece))).length, 0);
  });
}

test('what is rescued of each class of damage is compared with it to the end, in a page without a fault that counts what --json tells', async (t) => {
  for (const { name, make } of ONE_OF_EACH_SORT) {
    const damaged = await make(tempDir(t));
    try {
      const into = path.join(tempDir(t), 'new');
      await commandLine(['repair', damaged.path, '--into', into]);
      if (!existsSync(into)) continue;
      const { exitCode, lines, page } = await reportedBy(t, 'diff', into, damaged.path, '--skip-damage');
      t.deepEqual(await pageFaults(page), [], name);
      t.regex(page, new RegExp(`Exit code ${exitCode}: `), name);
      t.true(exitCode === 0 || exitCode === 1 || exitCode === 3, name);
      t.notRegex(page, /Not compared to the end/, name);
      const counts = new Map(
        rowsOfTable(page, /Summary of the keys/).map(([outcome, count]) => [outcome, count]),
      );
      const told = (outcome: string): number => lines.filter((line) => line['diff'] === outcome).length;
      for (const outcome of ['added', 'removed', 'changed', 'unknown'])
        t.is(counts.get(outcome), String(told(outcome)), `${name}: ${outcome}`);
    } finally {
      damaged.release?.();
    }
  }
});

test('a page of paths with words that a shell takes for several is HTML without a fault, too', async (t) => {
  const folder = path.join(tempDir(t), `a "b" & <c> 'd'`);
  const log = `${folder}.snap`;
  await commandLine(['put', log, '<k&"\'>', 'v']);
  await commandLine(['put', log, 'l', 'v']);
  writeFileSync(log, 'tail', { flag: 'a' });
  const { page } = await reported(t, log, path.join(folder, 'none'));
  t.deepEqual(await pageFaults(page), []);
});
