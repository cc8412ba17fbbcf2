import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

const COPY = '/stores/copy';
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** Each line with its end. */
const asText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

async function exportedLines(fileSystem: SimulatedFileSystem): Promise<string[]> {
  const store = await StateDirectory.open(STORE, { fileSystem });
  for (const key of ['a', 'b', 'c']) store.put(bytes(key), bytes(`value of ${key}`));
  await store.sync();
  store.close();
  const prepared = prepareExport({ fileSystem, source: STORE, as: 'ndjson', createdAtUnix: 0 });
  const text = Buffer.concat([...prepared.chunks()].map((chunk) => chunk.slice())).toString();
  prepared.close();
  return text.split('\n').slice(0, -1);
}

test('NDJSON of which a line was changed, lost, doubled or moved is refused, and nothing is made of it', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const lines = await exportedLines(fileSystem);
  const [header, a, b, c, end] = lines as [string, string, string, string, string];
  const take = (text: string) =>
    importStore({
      fileSystem,
      source: 'a stream',
      destination: COPY,
      stream: (async function* () {
        yield await Promise.resolve(bytes(text));
      })(),
    });
  for (const [taken, code] of [
    [[header, a, b.replace('value of b', 'value of x'), c, end], 'DIGEST_MISMATCH'],
    [[header, a, c, end], 'DIGEST_MISMATCH'],
    [[header, a, b, c], 'UNFINISHED_STREAM'],
    [[header, a, b, b, c, end], 'INVALID_ARTIFACT'],
    [[header, b, a, c, end], 'INVALID_ARTIFACT'],
    [[header, a, b, c, end, a], 'INVALID_ARTIFACT'],
    [[header, a, header, b, c, end], 'INVALID_ARTIFACT'],
  ] as const) {
    await t.throwsAsync(take(asText(taken)), { code }, asText(taken));
    t.is(fileSystem.status(COPY), undefined);
  }
  const whole = asText(lines);
  await t.throwsAsync(take(`${whole}more`), { code: 'INVALID_ARTIFACT' });
  await t.throwsAsync(take(whole.slice(0, -1)), { code: 'UNFINISHED_STREAM' });
  t.is(fileSystem.status(COPY), undefined);
  t.is((await take(whole)).keys, 3);
});
