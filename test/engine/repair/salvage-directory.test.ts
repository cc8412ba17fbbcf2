import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { filePrints } from '../../support/file-prints.js';
import { tempDir } from '../../support/temp-dir.js';
import { repairInto, type Repaired } from '../../torture/damage/log-damage.js';

const KEYS = 400;

/** Two checkpoints and changes after them, on two cores; and what it holds. */
async function newStore(
  folder: string,
): Promise<{ readonly root: string; readonly content: Map<string, string> }> {
  const root = path.join(folder, 'store');
  StateDirectory.create(root, { cores: 2 });
  const store = await StateDirectory.open(root);
  const content = new Map<string, string>();
  for (const round of [1, 2, 3]) {
    for (let number = 0; number < KEYS; number += round) {
      const key = `key-${String(number).padStart(4, '0')}`;
      if (round > 1 && number % 12 === 0) {
        store.delete(Buffer.from(key));
        content.delete(key);
        continue;
      }
      const value = `round ${round} of ${number} `.repeat(1 + (number % 9));
      store.put(Buffer.from(key), Buffer.from(value));
      content.set(key, value);
      if (number % 20 === 0) await store.sync();
    }
    await store.commit(new Map([['source', BigInt(round)]]));
    if (round < 3) await store.checkpoint();
  }
  store.close();
  return { root, content };
}

function contentOf(root: string): Map<string, string> {
  const store = StateDirectory.openReadOnly(root);
  const content = new Map<string, string>();
  for (const { key, value } of store.scan()) {
    content.set(Buffer.from(key).toString(), Buffer.from(value).toString());
  }
  store.close();
  return content;
}

function severities(root: string): string[] {
  return [...verifyPath(realFileSystem(), root, { quick: false })].map(
    ({ severity, class: kind }) => `${severity} ${kind}`,
  );
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 0x20;
  writeFileSync(file, bytes);
}

/** Repairs a damaged copy of the store; the copy must stay as it is, and what was made of it must be whole. */
async function repaired(
  t: ExecutionContext,
  root: string,
  spoil: (copy: string) => void,
): Promise<{ readonly outcome: Repaired; readonly into: string; readonly content: Map<string, string> }> {
  const folder = tempDir(t);
  const copy = path.join(folder, 'copy');
  cpSync(root, copy, { recursive: true });
  spoil(copy);
  const before = filePrints(copy);
  const into = path.join(folder, 'new');
  const outcome = await repairInto(copy, into);
  t.deepEqual(filePrints(copy), before);
  t.deepEqual(severities(into), []);
  return { outcome, into, content: contentOf(into) };
}

function lostKeys({ events }: Repaired): [string, boolean][] {
  return events.flatMap((event): [string, boolean][] =>
    'lostKey' in event ? [[Buffer.from(event.lostKey.key).toString(), event.lostKey.fallsBack]] : [],
  );
}

test('a whole store is copied, and can be written', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const { outcome, into, content: kept } = await repaired(t, root, () => undefined);
  t.deepEqual(kept, content);
  t.like(outcome.summary, { gaps: 0, lost: { records: 0, bytes: 0, keys: 0 }, kept: { keys: content.size } });
  const store = await StateDirectory.open(into);
  t.is(store.progress.sources.get('source'), 3n);
  store.put(Buffer.from('more'), Buffer.from('1'));
  await store.sync();
  await store.checkpoint();
  store.close();
  t.deepEqual(severities(into), []);
  const past = StateDirectory.openReadOnly(root, { at: 1n });
  const copied = StateDirectory.openReadOnly((await repaired(t, root, () => undefined)).into, { at: 1n });
  t.is(copied.count(), past.count());
  past.close();
  copied.close();
});

test('a record lost from the live log costs its change: its key falls back to what the checkpoint has', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const segment = path.join('wal', '3', 'wal-0.log');
  const text = readFileSync(path.join(root, segment), 'latin1');
  const at = text.indexOf('round 3 of 6 ');
  const core = at < 0 ? 1 : 0;
  const file = path.join('wal', '3', `wal-${core}.log`);
  const place = readFileSync(path.join(root, file), 'latin1').indexOf('round 3 of 6 ');
  const {
    outcome,
    into,
    content: kept,
  } = await repaired(t, root, (copy) => {
    flip(path.join(copy, file), place);
  });
  t.deepEqual(lostKeys(outcome), [['key-0006', true]]);
  t.like(outcome.summary, { gaps: 1, lost: { records: 1, keys: 1 }, kept: { keys: content.size } });
  t.deepEqual(kept, new Map([...content, ['key-0006', 'round 2 of 6 '.repeat(7)]]));
  const store = await StateDirectory.open(into);
  store.put(Buffer.from('more'), Buffer.from('1'));
  await store.sync();
  store.close();
  t.deepEqual(severities(into), []);
});

test('a damaged newest checkpoint is made again of the one before it and the log between them: nothing is lost', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const files = ['state-0.db', 'state-0.idx', 'state-1.idx'];
  for (const name of files) {
    const { outcome, content: kept } = await repaired(t, root, (copy) => {
      const file = path.join(copy, 'checkpoints', '2', name);
      flip(file, name.endsWith('.db') ? 100 : readFileSync(file).length - 20);
    });
    t.deepEqual(kept, content, name);
    t.like(outcome.summary, { gaps: 0, lost: { records: 0, bytes: 0, keys: 0 } });
    t.true(outcome.events.some((event) => 'finding' in event && event.finding.severity === 'damage'));
  }
  for (const name of files) {
    const { outcome, content: kept } = await repaired(t, root, (copy) => {
      rmSync(path.join(copy, 'checkpoints', '2', name));
    });
    t.deepEqual(kept, content, `${name} is gone`);
    t.is(outcome.summary.gaps, 0);
  }
});

test('where the log between two checkpoints is damaged too, keys fall back, and those that do are named', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const { outcome, content: kept } = await repaired(t, root, (copy) => {
    flip(path.join(copy, 'checkpoints', '2', 'state-0.db'), 100);
    flip(path.join(copy, 'wal', '2', 'wal-0.log'), 200);
  });
  const named = new Map(lostKeys(outcome));
  t.is(outcome.summary.lost.keys, named.size);
  t.is(outcome.summary.kept.keys, kept.size);
  for (const [key, value] of content) {
    if (kept.get(key) !== value) t.true(named.has(key), `${key} is ${String(kept.get(key)?.slice(0, 12))}`);
    if (named.get(key) === true) t.true(kept.has(key));
  }
});

test('a log that is missing, or lost its end, is closed again; the checkpoint holds what it had', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const missing = await repaired(t, root, (copy) => {
    rmSync(path.join(copy, 'wal', '2', 'wal-1.log'));
  });
  t.deepEqual(missing.content, content);
  t.true(missing.outcome.summary.lost.records > 10);
  t.like(missing.outcome.summary.lost, { keys: 0, areKeysExact: true });
  const cut = await repaired(t, root, (copy) => {
    truncateSync(path.join(copy, 'wal', '2', 'wal-0.log'), 300);
  });
  t.deepEqual(cut.content, content);
  t.deepEqual(lostKeys(cut.outcome), []);
  t.like(cut.outcome.summary.lost, { keys: 0, areKeysExact: true });
  t.true(cut.outcome.summary.gaps > 0);
  const live = await repaired(t, root, (copy) => {
    rmSync(path.join(copy, 'wal', '3', 'wal-0.log'));
  });
  t.is(live.outcome.summary.gaps, 1);
  t.false(live.outcome.summary.lost.areKeysExact, 'nothing covers the live log');
  t.is(live.outcome.summary.kept.keys, live.content.size);
});

test('a torn tail is left behind, and costs nothing that was acknowledged', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const { outcome, content: kept } = await repaired(t, root, (copy) => {
    const file = path.join(copy, 'wal', '3', 'wal-1.log');
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('torn')]));
  });
  t.deepEqual(kept, content);
  t.like(outcome.summary, { gaps: 0, torn: 1 });
});

test('a manifest that is damaged, or gone, is put together again from what is there', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const spoilers: ((manifest: string) => void)[] = [
    (manifest) => {
      rmSync(manifest);
    },
    (manifest) => {
      flip(manifest, 150);
    },
    (manifest) => {
      writeFileSync(manifest, new Uint8Array(readFileSync(manifest).length));
    },
  ];
  for (const spoil of spoilers) {
    const {
      outcome,
      into,
      content: kept,
    } = await repaired(t, root, (copy) => {
      spoil(path.join(copy, 'MANIFEST.json'));
    });
    t.deepEqual(kept, content);
    t.is(outcome.summary.gaps, 1);
    t.like(outcome.summary, { lost: { records: 0, keys: 0 } });
    const store = StateDirectory.openReadOnly(into);
    t.deepEqual([...store.progress.sources], [['source', 3n]]);
    t.deepEqual(
      store.manifest.checkpoints.map(({ epoch }) => epoch),
      [1n, 2n],
    );
    store.close();
  }
});

test('a checkpoint that was made and never published is not taken, where its log went on', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const { content: kept } = await repaired(t, root, (copy) => {
    rmSync(path.join(copy, 'MANIFEST.json'));
    cpSync(path.join(copy, 'checkpoints', '2'), path.join(copy, 'checkpoints', '3'), { recursive: true });
  });
  t.deepEqual(kept, content);
});

test('a manifest that is older than the logs is brought up to them: no change that they hold is lost', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const manifest = path.join(root, 'MANIFEST.json');
  const old = readFileSync(manifest);
  const store = await StateDirectory.open(root);
  await store.checkpoint({ keep: 3 });
  store.put(Buffer.from('later'), Buffer.from('than the manifest'));
  content.set('later', 'than the manifest');
  await store.sync();
  store.close();
  writeFileSync(manifest, old);
  const { outcome, into, content: kept } = await repaired(t, root, () => undefined);
  t.deepEqual(kept, content);
  const findings = outcome.events.flatMap((event) => ('finding' in event ? [event.finding] : []));
  t.like(findings[0], { class: 'misplaced-epoch', severity: 'damage' });
  t.like(outcome.summary, { gaps: 1, lost: { records: 0, bytes: 0, keys: 0 } });
  const repairedStore = StateDirectory.openReadOnly(into);
  t.deepEqual([...repairedStore.progress.sources], [['source', 3n]]);
  t.deepEqual(
    repairedStore.manifest.checkpoints.map(({ epoch }) => epoch),
    [1n, 2n, 3n],
  );
  repairedStore.close();
});

test('where nothing proves the names of a damaged index, keys that it does not name fall back, and are told as lost', async (t) => {
  const { root, content } = await newStore(tempDir(t));
  const log = path.join('wal', '2', 'wal-0.log');
  const lost = readFileSync(path.join(root, log), 'latin1').indexOf('round 2 of ');
  for (let zeros = 300; zeros < 4000; zeros += 463) {
    const { outcome, content: kept } = await repaired(t, root, (copy) => {
      flip(path.join(copy, log), lost);
      const index = path.join(copy, 'checkpoints', '2', 'state-0.idx');
      writeFileSync(index, readFileSync(index).fill(0, 12, 12 + zeros));
    });
    const told = new Set(lostKeys(outcome).map(([key]) => key));
    const untold = [...content].filter(([key, value]) => kept.get(key) !== value && !told.has(key));
    t.deepEqual(untold, [], `${zeros} bytes of zeros`);
    t.true(told.size > 0);
  }
});

test('a key is not lost whose value the log between two cut checkpoints still has', async (t) => {
  const folder = tempDir(t);
  const { root, content } = await newStore(folder);
  // Of one file with several names, as checkpoints share it: both lose the same end.
  for (const epoch of [1, 2]) truncateSync(path.join(root, `checkpoints/${epoch}/state-0.db`), 4000);
  const into = path.join(folder, 'new');
  const { events, summary } = await repairInto(root, into);
  const found = contentOf(into);
  const missing = [...content].filter(([key, value]) => found.get(key) !== value).map(([key]) => key);
  const told = events.flatMap((event) =>
    'lostKey' in event ? [Buffer.from(event.lostKey.key).toString()] : [],
  );
  t.deepEqual(told.sort(), missing.sort());
  t.is(summary.lost.keys, missing.length);
  t.true(missing.length > 0);
});
