import test from 'ava';
import fc from 'fast-check';
import { recordOutput } from '../../../src/cli/output/records/record-output.js';
import { openReplay } from '../../../src/cli/replay/replay-source.js';
import { runSelected } from '../../../src/cli/replay/selected-run.js';
import { ReplayFilter } from '../../../src/engine/inspect/replay/replay-filter.js';
import { NotedFiles } from '../../../src/engine/inspect/select/noted-files.js';
import { SegmentRecordsAgain, type SegmentRecord } from '../../../src/engine/inspect/select/records-again.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { MemoryTerminal } from '../../support/memory-terminal.js';

const cores = fixturePath('wal-cores');

/** The records, newest first, with the places of so many kept at once. */
async function newestFirst(limit: number, placesMax: number): Promise<string[]> {
  const terminal = new MemoryTerminal();
  const filter = new ReplayFilter();
  const open = () => openReplay(realFileSystem(), cores, { filter, isMerged: true, bounds: undefined });
  const { source, fileSystem, close } = await open();
  const files = new NotedFiles(fileSystem);
  const form = {
    encodings: { key: 'hex', value: 'hex' },
    redact: false,
    json: true,
    dump: undefined,
  } as const;
  await runSelected<SegmentRecord>(terminal, {
    question: { last: false, reverse: true, around: undefined, context: 0 },
    filter,
    limit,
    output: recordOutput(terminal, form),
    files,
    again: new SegmentRecordsAgain(files),
    source,
    reopen: open,
    placesMax,
  });
  files.close();
  close();
  return terminal.stdout.split('\n').slice(0, -1);
}

test('however few places are kept, the newest records come first, each once, as many as were asked for', async (t) => {
  const { stdout } = await commandLine(['wal-replay', cores, '--json', '--encoding', 'hex']);
  const all = stdout.split('\n').slice(0, -1).reverse();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: all.length + 5 }),
      fc.oneof(fc.integer({ min: 1, max: all.length + 5 }), fc.constant(Infinity)),
      async (placesMax, limit) => {
        t.deepEqual(await newestFirst(limit, placesMax), all.slice(0, limit));
      },
    ),
    { numRuns: 25 },
  );
});
