import { appendFileSync, chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';

/* What is worth knowing of a store as it lies there, whatever it holds. */

for (const [kind, name, closed, open] of [
  ['a state directory', 'orders', 0o770, 0o777],
  ['a fold log', 'orders.snap', 0o660, 0o666],
] as const) {
  test(`whoever opens ${kind} that every user may write to is told so, in one line`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.is((await commandLine(['put', store, 'a', '1'])).exitCode, 0);
    chmodSync(store, closed);
    t.is((await commandLine(['get', store, 'a'])).stderr, '');
    chmodSync(store, open);
    const line = `statelog: every user of this host may write to it: ${store}; to let only its owner and group, run 'chmod o-w ${store}'\n`;
    for (const argv of [
      ['get', store, 'a'],
      ['scan', store],
      ['put', store, 'b', '2'],
      ['delete', store, 'b'],
      ['checkpoint', store],
      ['compact', store],
    ]) {
      const { exitCode, stderr } = await commandLine(argv);
      t.is(exitCode, 0);
      t.is(stderr.split(line).length, 2, argv.join(' '));
    }
    t.regex((await commandLine(['stat', store])).stdout, /^notice\tevery user of this host may write to it/m);
    const { notices } = JSON.parse((await commandLine(['stat', store, '--json'])).stdout) as {
      notices: string[];
    };
    t.is(notices.length, 1);
    const verified = await commandLine(['verify', store]);
    t.is(verified.exitCode, 0);
    t.regex(verified.stdout, /^notice: open-to-all: /m);
  });
}

/** Leaves unfinished writes of these numbers behind a store, each of which the next writer copies and cuts. */
async function tear(log: string, store: string, from: number, to: number): Promise<void> {
  for (let time = from; time < to; time++) {
    appendFileSync(log, `torn ${time}`);
    await commandLine(['put', store, `key ${time}`, 'value']);
  }
}

for (const [kind, name, log, copies] of [
  ['a state directory', 'orders', 'orders/wal/1/wal-0.log', 'orders/broken'],
  ['a fold log', 'orders.snap', 'orders.snap', '.'],
] as const) {
  test(`copies of what was cut from ${kind} are told of from sixteen on, and compact removes them where it is to`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, name);
    const place = path.join(folder, copies);
    const copiesNow = () => readdirSync(place).filter((one) => /\.(at|broken)-\d+$/.test(one));
    t.is((await commandLine(['put', store, 'a', '1'])).exitCode, 0);
    await tear(path.join(folder, log), store, 0, 15);
    t.is((await commandLine(['get', store, 'a'])).stderr, '');
    await tear(path.join(folder, log), store, 15, 16);
    t.is(copiesNow().length, 16);
    const hint = `when nobody needs them any more, run 'statelog compact ${store} --drop-broken'`;
    t.true((await commandLine(['get', store, 'a'])).stderr.includes(hint));

    const stranger = path.join(place, 'of-somebody-else');
    writeFileSync(stranger, '');
    const asked = await commandLine(['compact', store, '--drop-broken', '--dry-run', '--json']);
    t.like(JSON.parse(asked.stdout), { droppedCopies: 16 });
    t.is(copiesNow().length, 16);
    const done = await commandLine(['compact', store, '--drop-broken', '--json']);
    const report = JSON.parse(done.stdout) as Record<string, number>;
    t.is(report['droppedCopies'], 16);
    t.is(report['droppedBytes'], (JSON.parse(asked.stdout) as Record<string, number>)['droppedBytes']);
    t.deepEqual(copiesNow(), []);
    t.true(existsSync(stranger));
    t.is((await commandLine(['get', store, 'a'])).stderr, '');
    t.regex(
      (await commandLine(['compact', store, '--drop-broken'])).stdout,
      /; 0 copies of what was cut removed/,
    );
  });
}
