import test from 'ava';
import { NONE, TailSegments } from '../../../src/engine/key-index/tails/tail-segments.js';

const SEGMENT_WORDS = 2 ** 18;
const RECORD_WORDS = 64;
const RECORDS = SEGMENT_WORDS / RECORD_WORDS;

/** Segments full of records, and the records' references. */
function filled(count: number): { segments: TailSegments; records: number[] } {
  const segments = new TailSegments();
  const records = Array.from({ length: count * RECORDS }, () => segments.allocate(RECORD_WORDS));
  return { segments, records };
}

test('records lie one after another', (t) => {
  const { segments, records } = filled(3);
  t.is(
    records.findIndex((record, number) => record !== number * RECORD_WORDS),
    -1,
  );
  t.is(segments.usedWords, 3 * SEGMENT_WORDS);
  t.is(segments.endOf(1), SEGMENT_WORDS);
});

test('a segment waits once it is more than half holes, and only once', (t) => {
  const { segments, records } = filled(3);
  for (let number = 0; number < RECORDS / 2; number++) segments.addHole(records[number]!, RECORD_WORDS);
  t.is(segments.takeWaiting(), NONE);
  for (let number = RECORDS / 2; number < RECORDS; number++) segments.addHole(records[number]!, RECORD_WORDS);
  t.is(segments.takeWaiting(), 0);
  t.is(segments.takeWaiting(), NONE);
});

test('a segment that became holes while records were added to it waits when it is full', (t) => {
  const segments = new TailSegments();
  const records = Array.from({ length: RECORDS }, () => segments.allocate(RECORD_WORDS));
  for (const record of records.slice(1)) segments.addHole(record, RECORD_WORDS);
  t.is(segments.takeWaiting(), NONE);
  segments.allocate(RECORD_WORDS);
  t.is(segments.takeWaiting(), 0);
});

test('a released segment is the next one that records are added to, with its memory', (t) => {
  const { segments, records } = filled(3);
  for (const record of records.slice(0, RECORDS)) segments.addHole(record, RECORD_WORDS);
  const buffer = segments.words[0];
  segments.release(segments.takeWaiting());
  t.is(segments.usedWords, 2 * SEGMENT_WORDS);
  t.is(segments.allocate(RECORD_WORDS), 0);
  t.is(segments.words[0], buffer);
});

test('more released segments than one let go of their memory, and their place is used again', (t) => {
  const { segments, records } = filled(4);
  for (const record of records.slice(0, 3 * RECORDS)) segments.addHole(record, RECORD_WORDS);
  for (let segment = segments.takeWaiting(); segment !== NONE; segment = segments.takeWaiting()) {
    segments.release(segment);
  }
  const lengths = (): number[] => segments.words.map((words) => words.length).toSorted((a, b) => a - b);
  t.deepEqual(lengths(), [0, 0, SEGMENT_WORDS, SEGMENT_WORDS]);
  for (let number = 0; number < 3 * RECORDS; number++) segments.allocate(RECORD_WORDS);
  t.deepEqual(lengths(), [SEGMENT_WORDS, SEGMENT_WORDS, SEGMENT_WORDS, SEGMENT_WORDS]);
});

test('a long record has a segment of its own, of just its size', (t) => {
  const segments = new TailSegments();
  const long = segments.allocate(100_000);
  const short = segments.allocate(RECORD_WORDS);
  t.not(segments.segmentOf(long), segments.segmentOf(short));
  t.is(segments.words[segments.segmentOf(long)]!.length, 100_000);
  segments.addHole(long, 100_000);
  const waiting = segments.takeWaiting();
  t.is(waiting, segments.segmentOf(long));
  segments.release(waiting);
  t.is(segments.words[waiting]!.length, 0);
});
