import test from 'ava';
import fc from 'fast-check';
import { batchGroups, type BatchGroup, type BatchGroupLimits } from '../../src/cli/batch/batch-groups.js';
import {
  parseBatchLine,
  type BatchFormat,
  type BatchOperation,
  type ExportFrame,
} from '../../src/cli/batch/batch-line.js';
import { ENCODINGS } from '../../src/cli/values/encoding.js';
import { entryOutput } from '../../src/cli/output/entry-lines.js';
import { SourcePassage } from '../../src/cli/batch/source-passage.js';
import { MemoryTerminal } from '../support/memory-terminal.js';
import { anyCharacter } from '../support/any-text.js';

const JSON_PUTS: BatchFormat = { encodings: { key: 'utf8', value: 'utf8' }, tsv: false, command: 'put' };
const TSV_PUTS: BatchFormat = { ...JSON_PUTS, tsv: true };
const JSON_DELETES: BatchFormat = { ...JSON_PUTS, command: 'delete' };

function parse(line: string | Uint8Array, format = JSON_PUTS): BatchOperation | ExportFrame | undefined {
  return parseBatchLine(typeof line === 'string' ? Buffer.from(line) : line, 7, format);
}

const PUT = { op: 'put', ifAbsent: false, ifValue: undefined, version: undefined } as const;
type Step = BatchGroup['operations'][number];

function readable(operation: Step | ExportFrame | undefined): unknown {
  if (typeof operation === 'object' && operation.op === 'bad') return operation.error.message;
  if (operation === undefined || typeof operation === 'string') return operation;
  if (operation.op === 'cursor')
    return { op: 'cursor', cursor: Buffer.from(operation.cursor).toString('hex') };
  const key = Buffer.from(operation.key).toString('latin1');
  return operation.op !== 'put'
    ? { op: operation.op, key }
    : { op: 'put', key, value: Buffer.from(operation.value).toString('latin1') };
}

test('a batch takes puts, deletes, and fields that it does not know', (t) => {
  t.deepEqual(readable(parse('{"key":"a","value":"b"}')), { op: 'put', key: 'a', value: 'b' });
  t.deepEqual(readable(parse('{"op":"delete","key":"a"}')), { op: 'delete', key: 'a' });
  t.deepEqual(readable(parse('{"key":"","value":"","version":"00","x":{"y":[1]}}')), {
    op: 'put',
    key: '',
    value: '',
  });
  t.deepEqual(readable(parse('{"keyBase64":"/w==","valueBase64":"AA=="}')), {
    op: 'put',
    key: '\xff',
    value: '\0',
  });
  t.is(parse('  '), undefined);
  t.is(parse(''), undefined);
});

test('a batch passes over what an export starts and ends with', (t) => {
  t.is(parse('{"statelog":1,"kind":"log","cursor":null}'), 'export-start');
  t.is(parse('{"end":{"keys":1,"digest":"00"}}'), 'export-end');
  t.deepEqual(readable(parse('{"key":"a","value":"b","statelog":1,"end":2}')), {
    op: 'put',
    key: 'a',
    value: 'b',
  });
  t.deepEqual(readable(parse('{"cursor":258}')), { op: 'cursor', cursor: '0000000000000102' });
  t.deepEqual(readable(parse('{"op":"purge","key":"a"}')), { op: 'purge', key: 'a' });
});

test('a batch takes the lines that wal-replay prints, in hex too', (t) => {
  const line =
    '{"bytes":88,"coreId":0,"epoch":"1","key":"79","offset":224,"op":"put","sequence":"3","timestampNs":"1770000000000004006","value":"856e"}';
  const hex: BatchFormat = { ...JSON_PUTS, encodings: { key: 'hex', value: 'hex' } };
  t.deepEqual(readable(parse(line, hex)), { op: 'put', key: 'y', value: '\x85n' });
});

const refusals: readonly (readonly [string | Uint8Array, BatchFormat, RegExp])[] = [
  ['{"key":"a"', JSON_PUTS, /it is not JSON/],
  ['[1]', JSON_PUTS, /no JSON object/],
  ['null', JSON_PUTS, /no JSON object/],
  ['{"value":"b"}', JSON_PUTS, /it has no key/],
  ['{"key":"a"}', JSON_PUTS, /it has no value/],
  ['{"key":1,"value":"b"}', JSON_PUTS, /its key is not a string/],
  ['{"key":"a","value":null}', JSON_PUTS, /its value is not a string/],
  ['{"key":"a","keyBase64":"YQ==","value":"b"}', JSON_PUTS, /both key and keyBase64/],
  ['{"keyBase64":"YQ","value":"b"}', JSON_PUTS, /its key is not base64/],
  ['{"key":"\\ud800","value":"b"}', JSON_PUTS, /its key is not utf8/],
  ['{"op":"commit","key":"a"}', JSON_PUTS, /its op is "commit"/],
  ['{"finding":{}}', JSON_PUTS, /it has no key/],
  [Uint8Array.of(0x7b, 0xff), JSON_PUTS, /not UTF-8/],
  ['{"op":"put","key":"a","value":"b"}', JSON_DELETES, /batch of deletes/],
  ['no tab', TSV_PUTS, /no TAB/],
  ['a\tb\tc', TSV_PUTS, /second TAB/],
  ['a\\q\tb', TSV_PUTS, /its key has an unknown escape/],
  ['a\tb\r', TSV_PUTS, /carriage return/],
  ['a\tb', { ...TSV_PUTS, encodings: { key: 'hex', value: 'hex' } }, /its key is not hex/],
];

test('a bad line is refused with its number and what is wrong with it', (t) => {
  for (const [line, format, message] of refusals) {
    const error = t.throws(() => parse(line, format), { message }, String(line));
    t.like(error, { code: 'INVALID_LINE', details: { line: 7 } });
    t.regex(error.message, /^line 7 was refused: /);
  }
});

test('a batch of deletes takes any line with a key', (t) => {
  t.deepEqual(readable(parse('{"key":"a","value":"b"}', JSON_DELETES)), { op: 'delete', key: 'a' });
  t.deepEqual(readable(parse('a\tb\tc', { ...JSON_DELETES, tsv: true })), { op: 'delete', key: 'a' });
  t.deepEqual(readable(parse('a', { ...JSON_DELETES, tsv: true })), { op: 'delete', key: 'a' });
});

test('what is printed for a pipe or as JSON goes in again by a batch, in every encoding', async (t) => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: anyCharacter }).map((text) => new Uint8Array(Buffer.from(text))),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(bytes, bytes), { maxLength: 10 }),
      fc.record({ key: fc.constantFrom(...ENCODINGS), value: fc.constantFrom(...ENCODINGS) }),
      fc.boolean(),
      async (entries, encodings, tsv) => {
        const terminal = new MemoryTerminal();
        const printed = entryOutput(terminal, { encodings, json: !tsv });
        for (const [key, value] of entries) printed.write(key, value);
        await printed.flush();
        const groups = await collect([terminal.stdoutBytes], { encodings, tsv, command: 'put' });
        t.deepEqual(
          groups.flatMap((group) => group.operations.map(readable)),
          entries.map(([key, value]) => readable({ ...PUT, key, value })),
        );
      },
    ),
  );
});

async function collect(
  chunks: readonly Uint8Array[],
  format: BatchFormat,
  limits?: BatchGroupLimits,
  source?: SourcePassage,
): Promise<BatchGroup[]> {
  const groups: BatchGroup[] = [];
  const input = new MemoryTerminal({ input: chunks }).input();
  for await (const group of batchGroups(input, format, { limits, source })) groups.push(group);
  return groups;
}

function linesOfPuts(count: number): Uint8Array {
  return Buffer.from(Array.from({ length: count }, (_, index) => `k${index}\tv\n`).join(''));
}

test('groups end after so many lines and after so many bytes', async (t) => {
  const byLines = await collect([linesOfPuts(10)], TSV_PUTS, { bytesMax: 1e9, linesMax: 4, idleMs: 5 });
  t.deepEqual(
    byLines.map(({ operations, lines }) => [operations.length, lines]),
    [
      [4, 4],
      [4, 8],
      [2, 10],
    ],
  );
  const byBytes = await collect([linesOfPuts(10)], TSV_PUTS, { bytesMax: 9, linesMax: 100, idleMs: 5 });
  t.deepEqual(
    byBytes.map(({ lines }) => lines),
    [3, 6, 9, 10],
  );
});

test('a bad line closes the group before it, and nothing after it is read', async (t) => {
  const groups = await collect([Buffer.from('a\t1\nb\t2\nbad\nc\t3\n')], TSV_PUTS);
  t.is(groups.length, 1);
  t.deepEqual(groups[0]!.operations.map(readable), [
    { op: 'put', key: 'a', value: '1' },
    { op: 'put', key: 'b', value: '2' },
  ]);
  t.is(groups[0]!.lines, 2);
  t.is(groups[0]!.refused?.details.line, 3);
});

test('a bad first line gives one empty group that says so', async (t) => {
  const groups = await collect([Buffer.from('bad')], TSV_PUTS);
  t.like(groups, [{ operations: [], lines: 0 }]);
  t.is(groups[0]!.refused?.details.line, 1);
});

test('an empty input gives no group, blank lines are counted', async (t) => {
  t.deepEqual(await collect([], JSON_PUTS), []);
  t.like(await collect([Buffer.from('\n\n')], JSON_PUTS), [{ operations: [], lines: 2 }]);
});

test('lines taken in an earlier run are passed over unread, and counted', async (t) => {
  const taken = new SourcePassage({ source: 's', lines: 1, mark: undefined });
  const groups = await collect([Buffer.from('bad\nb\t2\nc\t3\n')], TSV_PUTS, undefined, taken);
  t.deepEqual(
    groups.map(({ operations, lines }) => [operations.map(readable), lines]),
    [
      [[], 1],
      [
        [
          { op: 'put', key: 'b', value: '2' },
          { op: 'put', key: 'c', value: '3' },
        ],
        3,
      ],
    ],
  );
});

test('what a slow producer wrote makes a group as soon as it stops', async (t) => {
  let release: (() => void) | undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* slow(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('a\t1\n');
    await released;
    yield Buffer.from('b\t2\n');
  }
  const groups = batchGroups(slow(), TSV_PUTS);
  // The second chunk is only let go once the first group has come: waiting for it would never end.
  const first = await groups.next();
  t.like(first, { value: { lines: 1 } });
  release?.();
  t.like(await groups.next(), { value: { lines: 2 } });
  t.true((await groups.next()).done);
});

test('an input that fails gives what was read before, then its error', async (t) => {
  async function* failing(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('a\t1\n');
    await Promise.resolve();
    throw new Error('gone');
  }
  const groups: BatchGroup[] = [];
  await t.throwsAsync(
    async () => {
      for await (const group of batchGroups(failing(), TSV_PUTS)) groups.push(group);
    },
    { message: 'gone' },
  );
});

test('who takes no more groups is let go at once, also while the producer waits', async (t) => {
  async function* waiting(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from('a\t1\n');
    await new Promise(() => undefined);
  }
  const groups = batchGroups(waiting(), TSV_PUTS);
  t.like(await groups.next(), { value: { lines: 1 } });
  t.true((await groups.return()).done);
});
