import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { OpenBlob } from '../../../src/engine/remote/blob/blob-store.js';
import { StoreUnavailable } from '../../../src/engine/remote/blob/store-unavailable.js';
import { fetchNewest } from '../../../src/engine/remote/chain/fetch-moment.js';
import { importChain, type ImportReport } from '../../../src/engine/transfer/import-store.js';
import { HISTORIES, type Step } from '../transfer/increment-works.js';
import { tempDir } from '../../support/temp-dir.js';
import { publishWhole } from './chain-works.js';
import { Killed, SimulatedBucket, SimulatedStore } from './simulated-bucket.js';
import { KEY, quick } from './snapshots.js';

/** As a killed process leaves it: its lock is free. */
const LEFTOVER = /^\.copy(\.snap)?\.tmp-0{12}$/;

/** A store that counts the bytes that it gives out of payloads, and fails as it is told. */
class CountingStore extends SimulatedStore {
  given = 0;
  /** Called before each piece of a payload. */
  onPiece: (given: number) => void = () => undefined;

  override async get(name: string, range?: { start: number; etag: string }): Promise<OpenBlob | undefined> {
    const blob = await super.get(name, range);
    if (blob === undefined || !name.endsWith('.tar')) return blob;
    return { ...blob, chunks: this.#counted(blob.chunks) };
  }

  async *#counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunks) {
      this.onPiece(this.given);
      this.given += chunk.length;
      yield chunk;
    }
  }
}

interface Place {
  readonly folder: string;
  readonly destination: string;
  readonly bucket: SimulatedBucket;
  readonly payload: string;
  readonly bytes: number;
}

async function place(t: ExecutionContext, kind: 'directory' | 'log'): Promise<Place> {
  const folder = tempDir(t);
  const end = kind === 'log' ? '.snap' : '';
  const source = path.join(folder, `source${end}`);
  const bucket = new SimulatedBucket();
  HISTORIES[kind].create(source);
  const batch = Array.from({ length: 300 }, (_, index): Step => [`key ${index}`, `${index}`.repeat(30)]);
  await HISTORIES[kind].write(source, batch, 1);
  await publishWhole(new SimulatedStore(bucket), source);
  const payload = [...bucket.blobs.keys()].find((name) => name.endsWith('.tar'))!;
  const destination = path.join(folder, `copy${end}`);
  return { folder, destination, bucket, payload, bytes: bucket.blobs.get(payload)!.bytes.length };
}

async function restore(store: SimulatedStore, destination: string, dryRun = false): Promise<ImportReport> {
  const { download, chain } = await fetchNewest(store, KEY, quick);
  return importChain({ source: 'sim://edge/orders', destination, dryRun }, chain, download);
}

/** Begins an import, and leaves what a process leaves that is killed after so many bytes came. */
async function killedAfter(t: ExecutionContext, made: Place, bytes: number): Promise<string> {
  const { folder, destination, bucket } = made;
  const store = new CountingStore(bucket);
  const left = path.join(folder, `.${path.basename(destination)}.tmp-000000000000`);
  store.onPiece = (given) => {
    if (given < bytes) return;
    const staged = readdirSync(folder).find((name) => name.includes('.tmp-') && !LEFTOVER.test(name))!;
    cpSync(path.join(folder, staged), left, { recursive: true });
    throw new Killed();
  };
  await t.throwsAsync(restore(store, destination), { instanceOf: Killed });
  return left;
}

function hidden({ folder }: Place): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('.'));
}

function fileIn(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = names.find((one) => one.isFile() && !['LOCK', 'fetched'].includes(one.name))!;
  return path.join(found.parentPath, found.name);
}

for (const kind of ['directory', 'log'] as const) {
  test(`the import of a ${kind} goes on where one that was killed stopped, at any byte`, async (t) => {
    const made = await place(t, kind);
    const { destination, bucket, bytes } = made;
    const whole = await restore(new SimulatedStore(bucket), `${destination}-whole`);
    for (const at of [
      1000,
      2000,
      10_000,
      Math.floor(bytes / 2 / 1000) * 1000,
      Math.floor(bytes / 1000) * 1000,
    ]) {
      const copy = `${destination}-${at}`;
      const here = { ...made, destination: copy };
      await killedAfter(t, here, at);
      const store = new CountingStore(bucket);
      t.is((await restore(store, copy)).digest, whole.digest);
      t.is(store.given, bytes - at, `killed after ${at} of ${bytes}`);
      t.deepEqual(hidden(made), []);
    }
  });
}

test('a dry run takes what a killed import left, and leaves it', async (t) => {
  const made = await place(t, 'log');
  await killedAfter(t, made, 10_000);
  const store = new CountingStore(made.bucket);
  await restore(store, made.destination, true);
  await restore(store, made.destination);
  t.is(store.given, 2 * (made.bytes - 10_000));
});

test('what was fetched of another content, or to another place, is not taken', async (t) => {
  const made = await place(t, 'log');
  const { bucket, payload, bytes, destination } = made;
  await killedAfter(t, made, 10_000);
  const elsewhere = new CountingStore(bucket);
  await restore(elsewhere, `${destination}-2`);
  t.is(elsewhere.given, bytes);
  t.is(hidden(made).length, 1);

  bucket.put(payload, bucket.blobs.get(payload)!.bytes);
  const store = new CountingStore(bucket);
  await restore(store, destination);
  t.is(store.given, bytes);
  t.deepEqual(hidden(made), []);
});

test('what was fetched and is wrong by now is fetched anew, once', async (t) => {
  for (const [index, spoil] of [
    (file: string) => {
      const content = readFileSync(file);
      content[50] = content[50]! ^ 1;
      writeFileSync(file, content);
    },
    (file: string) => {
      truncateSync(file, 50);
      truncateSync(file, 9000);
    },
  ].entries()) {
    const made = await place(t, 'log');
    const { destination, bucket, bytes } = made;
    spoil(fileIn(await killedAfter(t, made, 10_000)));
    const store = new CountingStore(bucket);
    t.is((await restore(store, destination)).keys, 300, String(index));
    t.true(store.given >= bytes && store.given < 2 * bytes);
    t.deepEqual(hidden(made), []);
  }
});

test('what was fetched outlives an import that cannot reach the store', async (t) => {
  const made = await place(t, 'log');
  await killedAfter(t, made, 10_000);
  const away = new CountingStore(made.bucket);
  away.onPiece = () => {
    throw new StoreUnavailable('the store is away');
  };
  await t.throwsAsync(restore(away, made.destination), { message: /away/ });
  const store = new CountingStore(made.bucket);
  await restore(store, made.destination);
  t.is(store.given, made.bytes - 10_000);
});

test('an import whose connection fails leaves what came, says so, and the next one goes on with it', async (t) => {
  for (const kind of ['directory', 'log'] as const) {
    const made = await place(t, kind);
    const cut = new CountingStore(made.bucket);
    cut.onPiece = (given) => {
      if (given >= 10_000) throw new StoreUnavailable('the store is away');
    };
    const error = await t.throwsAsync(restore(cut, made.destination), { message: /away/, code: 'IO_FAILED' });
    const { safe, hint } = isStatelogError(error) ? error.details : {};
    t.regex(safe ?? '', /what was fetched stays in .*tmp-/);
    t.regex(hint ?? '', /goes on where it stopped/);
    t.false(existsSync(made.destination));
    const store = new CountingStore(made.bucket);
    await restore(store, made.destination);
    t.is(store.given, made.bytes - 10_000);
    t.deepEqual(hidden(made), []);
  }
});

test('an import that cannot reach the store, or is refused for good, leaves nothing', async (t) => {
  const made = await place(t, 'log');
  const away = new CountingStore(made.bucket);
  away.onPiece = () => {
    throw new StoreUnavailable('the store is away');
  };
  await t.throwsAsync(restore(away, made.destination), { message: /away/ });
  t.deepEqual(hidden(made), []);
  const { bytes } = made.bucket.blobs.get(made.payload)!;
  made.bucket.put(
    made.payload,
    Uint8Array.from(bytes, (byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte)),
  );
  await t.throwsAsync(restore(new CountingStore(made.bucket), made.destination), { code: 'DIGEST_MISMATCH' });
  t.deepEqual(hidden(made), []);
});
