import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openArtifact } from '../../../src/engine/artifact/read/open-artifact.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { exported } from '../../torture/damage/damaged-artifact.js';
import { repairInto, type Repaired } from '../../torture/damage/log-damage.js';

const TAR = 'bucket/artifacts/edge/orders.payloads/00000000000005a5-3230b8366697f863.tar';

interface Salvaged extends Repaired {
  readonly content: Map<string, string>;
  readonly cursor: string;
}

function contentOf(artifact: string): Pick<Salvaged, 'content' | 'cursor'> {
  const store = openArtifact(realFileSystem(), artifact);
  const content = new Map<string, string>();
  for (const { key, value } of store.entries()) {
    content.set(Buffer.from(key).toString(), Buffer.from(value).toString('latin1'));
  }
  const cursor = Buffer.from(store.cursor ?? []).toString('hex');
  store.close();
  return { content, cursor };
}

/** Repairs a damaged copy; it must stay as it is, and what was made of it must be whole, which reading it shows. */
async function salvaged(t: ExecutionContext, name: string, spoil: (copy: string) => void): Promise<Salvaged> {
  const folder = tempDir(t);
  const copy = path.join(folder, path.basename(name));
  cpSync(fixturePath(name), copy, { recursive: true });
  spoil(copy);
  const before = filePrints(copy);
  const into = path.join(folder, 'new');
  const outcome = await repairInto(copy, into);
  t.deepEqual(filePrints(copy), before);
  t.is(statSync(into).isDirectory(), statSync(copy).isDirectory());
  return { ...outcome, ...contentOf(into) };
}

function overwrite(file: string, at: number, length: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0xee, at, at + length);
  writeFileSync(file, bytes);
}

function foldIn(name: string): string {
  return name === TAR ? '' : 'data/fold.snap';
}

for (const name of ['artifact', TAR]) {
  const original = contentOf(fixturePath(name));
  const bytes = readFileSync(path.join(fixturePath(name), foldIn(name)), 'latin1');
  const foldAt = bytes.indexOf('PGSS');
  const form = name === TAR ? 'tar' : 'folder';

  test(`an artifact whose fold lost a record keeps all others, and its cursor: a ${form}`, async (t) => {
    const [key, value] = [...original.content].find(([, one]) => one.length > 8)!;
    const at = bytes.indexOf(value, foldAt);
    const { content, cursor, summary } = await salvaged(t, name, (copy) => {
      overwrite(path.join(copy, foldIn(name)), at + 2, 1);
    });
    const expected = new Map(original.content);
    expected.delete(key);
    t.deepEqual(content, expected);
    t.is(cursor, original.cursor);
    t.like(summary, { gaps: 1, lost: { records: 1, keys: 1 }, kept: { keys: expected.size } });
  });

  test(`an artifact whose manifest is damaged loses nothing: a ${form}`, async (t) => {
    const manifest = name === TAR ? '' : 'MANIFEST.json';
    const text = readFileSync(path.join(fixturePath(name), manifest), 'latin1');
    const { content, cursor, summary } = await salvaged(t, name, (copy) => {
      overwrite(path.join(copy, manifest), text.indexOf('"backend"'), 4);
    });
    t.deepEqual(content, original.content);
    t.is(cursor, original.cursor);
    t.like(summary, { gaps: 0, lost: { records: 0, keys: 0 } });
  });
}

test('a tar of which headers are damaged, or the end is gone, keeps what its fold still has', async (t) => {
  const original = contentOf(fixturePath(TAR));
  const bytes = readFileSync(fixturePath(TAR));
  const foldAt = bytes.indexOf('PGSS');
  const damaged = await salvaged(t, TAR, (copy) => {
    overwrite(copy, foldAt - 512, 512);
  });
  t.deepEqual(damaged.content, original.content);
  const cut = await salvaged(t, TAR, (copy) => {
    writeFileSync(copy, bytes.subarray(0, foldAt + 200));
  });
  t.true(cut.content.size > 0 && cut.content.size < original.content.size);
  t.is(cut.summary.kept.keys, cut.content.size);
});

for (const form of ['folder', 'tar'] as const) {
  test(`an artifact of a state directory keeps every entry that can be read: a ${form}`, async (t) => {
    const folder = tempDir(t);
    const artifact = await exported(folder, form);
    const original = contentOf(artifact).content;
    const damagedFile = form === 'tar' ? artifact : path.join(artifact, 'data', 'state-1.db');
    const at = readFileSync(damagedFile, 'latin1').indexOf('value 290 value 290');
    const [file, place] =
      at < 0 ? [path.join(artifact, 'data', 'state-0.db'), -1] : ([damagedFile, at] as const);
    const found = place < 0 ? readFileSync(file, 'latin1').indexOf('value 290 value 290') : place;
    overwrite(file, found + 3, 4);
    const before = filePrints(artifact);
    const into = path.join(folder, form === 'tar' ? 'new.tar' : 'new');
    const outcome = await repairInto(artifact, into);
    t.deepEqual(filePrints(artifact), before);
    const { content } = contentOf(into);
    const named = new Set(
      outcome.events.flatMap((event) =>
        'lostKey' in event ? [Buffer.from(event.lostKey.key).toString()] : [],
      ),
    );
    t.true(named.has('key 290'));
    t.is(content.size + named.size, original.size);
    for (const [key, value] of content) t.is(value, original.get(key) ?? 'none');
    t.is(outcome.summary.kept.keys, content.size);
    const store = openArtifact(realFileSystem(), into);
    t.deepEqual([store.epoch, store.cores], [1n, 2]);
    store.close();
  });
}

test('a tar of a state directory whose headers are damaged loses nothing', async (t) => {
  const folder = tempDir(t);
  const artifact = await exported(folder, 'tar');
  const original = contentOf(artifact).content;
  const text = readFileSync(artifact, 'latin1');
  for (const name of ['MANIFEST.json', 'data/CHECKPOINT.json', 'data/state-0.idx', 'data/state-1.db']) {
    overwrite(artifact, text.indexOf(name) + 150, 2);
  }
  const outcome = await repairInto(artifact, path.join(folder, 'new.tar'));
  t.deepEqual(contentOf(path.join(folder, 'new.tar')).content, original);
  t.like(outcome.summary, { gaps: 0, lost: { bytes: 0, keys: 0 } });
});

test('an index that was cut to next to nothing is told of, wherever it was cut', async (t) => {
  const folder = tempDir(t);
  const whole = await exported(folder, 'folder');
  const index = readFileSync(path.join(whole, 'data/state-1.idx'));
  for (let length = 0; length < 400; length += 8) {
    const copy = path.join(folder, `cut-${length}`);
    cpSync(whole, copy, { recursive: true });
    writeFileSync(path.join(copy, 'data/state-1.idx'), index.subarray(0, length));
    const { summary } = await repairInto(copy, `${copy}-new`);
    t.true(summary.gaps > 0, `cut at ${length}`);
  }
});

test('an artifact folder without its manifest keeps all that its fold holds, as its tar does', async (t) => {
  const { content, summary } = await salvaged(t, 'artifact', (copy) => {
    rmSync(path.join(copy, 'MANIFEST.json'));
  });
  t.deepEqual(content, contentOf(fixturePath('artifact')).content);
  t.like(summary, { gaps: 0, lost: { records: 0, keys: 0 } });
});

test('a tar that an artifact was packed into with its folder is repaired as it is verified', async (t) => {
  const folder = tempDir(t);
  cpSync(fixturePath('artifact'), path.join(folder, 'orders'), { recursive: true });
  for (const format of ['ustar', 'pax', 'gnu']) {
    const tar = path.join(folder, `${format}.tar`);
    execFileSync('tar', [`--format=${format}`, '-C', folder, '-cf', tar, 'orders']);
    const { summary } = await repairInto(tar, path.join(folder, `${format}-new.tar`));
    t.like(summary, { gaps: 0, lost: { records: 0, keys: 0 } });
    t.deepEqual(contentOf(path.join(folder, `${format}-new.tar`)), contentOf(fixturePath('artifact')));
    const spoilt = readFileSync(tar);
    spoilt.fill(0xee, spoilt.indexOf('"backend"'), spoilt.indexOf('"backend"') + 4);
    writeFileSync(tar, spoilt);
    await repairInto(tar, path.join(folder, `${format}-other.tar`));
    t.deepEqual(contentOf(path.join(folder, `${format}-other.tar`)), contentOf(fixturePath('artifact')));
  }
});

test('how many keys are lost with an index that is gone is not said to be none', async (t) => {
  const folder = tempDir(t);
  const artifact = await exported(folder, 'folder');
  rmSync(path.join(artifact, 'data', 'state-0.idx'));
  const { summary } = await repairInto(artifact, path.join(folder, 'new'));
  t.like(summary.lost, { keys: 0, areKeysExact: false });
});

test('an artifact in which another fold lies is not called whole, though nothing is wrong with that', async (t) => {
  const { content, summary } = await salvaged(t, 'artifact', (copy) => {
    cpSync(fixturePath('fold-log.snap'), path.join(copy, 'data/fold.snap'));
  });
  t.is(content.size, 102);
  t.false(summary.isWhole);
  t.is(summary.gaps, 1);
  t.like(summary.lost, { records: 0, bytes: 0, keys: 0 });
});
