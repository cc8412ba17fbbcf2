import { Readable } from 'node:stream';
import test from 'ava';
import fc from 'fast-check';
import { extract, pack, type Pack } from 'tar-stream';
import { encodeTarHeader, decodeTarHeader } from '../../../src/engine/artifact/format/tar-header.js';
import { TarReader } from '../../../src/engine/artifact/read/tar-reader.js';
import { artifactTar } from '../../../src/engine/artifact/write/tar-writer.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import type { EntrySink } from '../../../src/engine/artifact/read/entry-sink.js';

interface Brought {
  readonly path: string;
  readonly size: number | undefined;
  readonly bytes: Buffer;
}

class CollectingSink implements EntrySink {
  readonly entries: Brought[] = [];
  #chunks: Buffer[] = [];
  #open: { path: string; size: number } | undefined;

  folder(path: string): void {
    this.entries.push({ path, size: undefined, bytes: Buffer.alloc(0) });
  }

  startFile(path: string, size: number): boolean {
    this.#open = { path, size };
    this.#chunks = [];
    return true;
  }

  write(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes));
  }

  endFile(): void {
    this.entries.push({ ...this.#open!, bytes: Buffer.concat(this.#chunks) });
  }
}

/** Reads a tar in chunks of a length. */
function read(tar: Uint8Array, chunkBytes: number): Brought[] {
  const sink = new CollectingSink();
  const reader = new TarReader(sink, 'a tar');
  for (let at = 0; at < tar.length; at += chunkBytes) reader.push(tar.subarray(at, at + chunkBytes));
  reader.end();
  return sink.entries;
}

type PackedEntry = Parameters<Pack['entry']>[0] & { content?: Buffer };

/** A tar as another program makes it. */
async function packed(entries: readonly PackedEntry[]): Promise<Buffer> {
  const stream = pack();
  for (const { content, ...header } of entries) stream.entry(header, content ?? Buffer.alloc(0));
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const content = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

test('what another program packs is read the same, in chunks of any length', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { maxLength: 6 }),
      fc.integer({ min: 1, max: 3000 }),
      async (contents, chunkBytes) => {
        const entries = contents.map((bytes, index) => ({ name: `data/${index}`, content: bytes }));
        const brought = read(await packed([{ name: 'data/', type: 'directory' }, ...entries]), chunkBytes);
        t.deepEqual(brought, [
          { path: 'data', size: undefined, bytes: Buffer.alloc(0) },
          ...entries.map(({ name, content: bytes }) => ({ path: name, size: bytes.length, bytes })),
        ]);
      },
    ),
    { numRuns: 60 },
  );
});

test('another program reads what we pack', async (t) => {
  const files = ['data/a', 'data/b/c', 'data/d'].map((path, index) => {
    const bytes = Buffer.alloc(index * 600, index);
    return { path, size: bytes.length, chunks: () => [bytes.subarray(0, 100), bytes.subarray(100)] };
  });
  const cursor = WatchCursor.fromU64(3n);
  const fields = { backend: 'append-log', backendVersion: '2', cursor, createdAtUnix: 1234 };
  const bytes = Buffer.concat([...artifactTar({ ...fields, files })].map((chunk) => Buffer.from(chunk)));
  t.is(bytes.length % 512, 0);
  const seen: string[] = [];
  const reader = extract();
  Readable.from([bytes]).pipe(reader);
  for await (const entry of reader) {
    const { name, size, mode, mtime } = entry.header;
    seen.push(`${name} ${size} ${mode.toString(8)} ${mtime.getTime()}`);
    entry.resume();
  }
  t.deepEqual(seen, [
    './ 0 700 1234000',
    'data/ 0 700 1234000',
    'data/b/ 0 700 1234000',
    'data/a 0 600 1234000',
    'data/b/c 600 600 1234000',
    'data/d 1200 600 1234000',
    `MANIFEST.json ${seen[6]!.split(' ')[1]} 600 1234000`,
  ]);
});

test('a name or a time that another program can only say in an extended header is taken', async (t) => {
  const name = `data/${'x'.repeat(300)}`;
  const long = await packed([{ name, content: Buffer.from('x') }]);
  const pax = await packed([{ name: 'data/x', pax: { mtime: '1.5' }, content: Buffer.from('x') }]);
  t.deepEqual(
    read(long, 512).map((entry) => entry.path),
    [name],
  );
  t.deepEqual(
    read(pax, 512).map((entry) => entry.path),
    ['data/x'],
  );
});

test('an extended header that says anything else of an entry is refused, with what to run', async (t) => {
  const sparse = await packed([
    { name: 'data/x', pax: { 'GNU.sparse.major': '1' }, content: Buffer.from('x') },
  ]);
  const error = t.throws(() => read(sparse, 512));
  t.true(isStatelogError(error, 'INVALID_ARTIFACT'));
  t.regex(error.message, /extended header \(pax\) says "GNU\.sparse\.major"/);
  t.regex(isStatelogError(error) ? (error.details.hint ?? '') : '', /tar --format=ustar/);
});

test('sizes are read up to 2^53, octal and binary', (t) => {
  for (const size of [0, 1, 511, 8 ** 11 - 1, 8 ** 11, 2 ** 40 + 12_345, Number.MAX_SAFE_INTEGER]) {
    const block = encodeTarHeader({ kind: 'file', name: 'data/x', size }, 0);
    t.deepEqual(decodeTarHeader(block), { kind: 'file', name: 'data/x', size });
  }
});

test('a header whose checksum does not fit is refused, though all it says would do', (t) => {
  const block = encodeTarHeader({ kind: 'file', name: 'data/fold.snap', size: 5 }, 0);
  t.is(typeof decodeTarHeader(block), 'object');
  const MODIFIED_AT = 136;
  block[MODIFIED_AT] = block[MODIFIED_AT]! ^ 1;
  t.is(decodeTarHeader(block), 'the header fails its checksum');
});

test('no block whatever makes the header reader throw', (t) => {
  const good = encodeTarHeader({ kind: 'file', name: 'data/x', size: 77 }, 99);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (bytes) => {
      t.notThrows(() => decodeTarHeader(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.nat(511), fc.nat(255), (at, byte) => {
      const block = Uint8Array.from(good);
      const changed = block[at] !== byte;
      block[at] = byte;
      const decoded = decodeTarHeader(block);
      // The sum is of every byte; where its own digits change, only their value counts.
      if (changed && typeof decoded !== 'string') t.true(at >= 148 && at < 156);
    }),
    { numRuns: 2000 },
  );
});
