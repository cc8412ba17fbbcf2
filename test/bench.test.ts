import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { GOALS } from '../bench/goals.js';
import type { Figure } from '../bench/frame/figure.js';
import { writeFiguresPage } from '../bench/frame/figures-page.js';
import { growthPlot } from '../bench/frame/growth-plot.js';
import { changesSince } from '../bench/frame/changes.js';
import { judge } from '../bench/frame/judge.js';
import { parseOriginals } from '../bench/frame/originals.js';
import { type BenchResults, readResults, resultsText } from '../bench/frame/results.js';
import { projectRoot } from './support/project-root.js';
import { tempDir } from './support/temp-dir.js';

const figure = { topic: 'wal', id: 'append', title: 'append', unit: 'ns' } as const;
const goal = {
  row: 'WAL append',
  part: '',
  topic: 'wal',
  figure: 'append',
  against: { side: 'original' },
  sense: 'at most',
  limit: 0.7,
} as const;

test('the bench measures a topic and judges its goals', (t) => {
  const folder = tempDir(t);
  const json = path.join(folder, 'results.json');
  const earlier = path.join(folder, 'earlier.json');
  const startedAt = '2026-01-02T03:04:05.000Z';
  const unreached = { ...figure, id: 'append', side: 'statelog', samples: [1e-9] };
  writeFileSync(earlier, JSON.stringify({ startedAt, figures: [unreached] }));
  const program = path.join(projectRoot, 'scripts', 'bench.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, 'wal', '--scale', 'tiny', '--profile', '--json', json, '--against', earlier],
    { encoding: 'utf8' },
  );
  t.is(status, 0, stderr);
  const results = JSON.parse(readFileSync(json, 'utf8')) as {
    figures: { id: string; side: string; samples: number[]; profile?: { name: string; share: number }[] }[];
    goals: { figure: string; verdict: string }[];
    topicSeconds: Record<string, number>;
  };
  const ours = results.figures.filter(({ side }) => side === 'statelog');
  t.true(ours.length > 10);
  t.true(ours.every(({ samples }) => samples.every((sample) => sample > 0)));
  const shares = ours.flatMap(({ profile = [] }) => profile).map(({ share }) => share);
  t.true(shares.length > 0);
  t.true(shares.every((share) => share > 0 && share <= 1));
  t.true(stdout.includes('read and check, a record'));
  t.regex(stdout, /since the run of 2026-01-02T03:04:05.000Z\n.*\n.* wal: .* ×/);
  t.regex(stdout, /^wal: .* \(\d+ s\)$/m);
  t.deepEqual(Object.keys(results.topicSeconds), ['wal']);
  t.regex(stdout, /load [\d.]+ before, at most [\d.]+ with it/);
  const goals = GOALS.filter(({ topic }) => topic === 'wal');
  t.deepEqual(
    results.goals.map(({ figure: name }) => name),
    goals.map(({ figure: name }) => name),
  );
  for (const { figure: name } of goals)
    t.true(
      ours.some(({ id }) => id === name),
      name,
    );
});

test('a goal is judged by the best rounds where the originals say only their best', (t) => {
  const figures = [
    { ...figure, side: 'statelog', samples: [70, 60, 62] },
    { ...figure, side: 'original', samples: [100] },
  ] as const;
  const outcome = judge(goal, figures);
  t.is(outcome.verdict, 'met');
  t.is(outcome.reached, 0.6);
  t.is(judge({ ...goal, limit: 0.5 }, figures).verdict, 'not met');
});

test('no goal is met by rounds that spread by more than a third', (t) => {
  const of = (samples: readonly number[], others: readonly number[]): string =>
    judge(goal, [
      { ...figure, side: 'statelog', samples },
      { ...figure, side: 'original', samples: others },
    ]).verdict;
  t.is(of([60, 62, 61], [100]), 'met');
  t.is(of([60, 62, 90], [100]), 'unsteady');
  t.is(of([60, 62, 61], [100, 101, 150]), 'unsteady');
  t.is(of([80, 82, 190], [100]), 'not met');
});

test('a run says what became slower since an earlier one, and whether the rounds overlap', (t) => {
  const at = (id: string, unit: Figure['unit'], samples: readonly number[]): Figure => ({
    ...figure,
    id,
    unit,
    side: 'statelog',
    samples,
  });
  const earlier = [
    at('a', 'ns', [10, 11, 12]),
    at('b', 'MB/s', [50, 60, 70]),
    at('c', 'ms', [5]),
    at('d', 'ns', [7]),
  ];
  const now = [
    at('a', 'ns', [20, 22, 24]),
    at('b', 'MB/s', [49, 50, 61]),
    at('c', 'ms', [5.1]),
    at('e', 'ns', [1]),
  ];
  const changes = changesSince({ figures: earlier }, now);
  t.deepEqual(
    changes.map(({ slower, isClear }) => ({ slower, isClear })),
    [
      { slower: 2, isClear: true },
      { slower: 1.2, isClear: false },
    ],
  );
  const faster = changesSince({ figures: now }, earlier);
  t.deepEqual(
    faster.map(({ slower }) => slower),
    [50 / 60, 0.5],
  );
});

test('results are written short, and the youngest that are kept are read as the last', (t) => {
  const kept = path.join(tempDir(t), 'results');
  t.throws(() => readResults('last', kept), { message: /no results yet/ });
  mkdirSync(kept);
  const resultsOf = (startedAt: string): BenchResults => ({
    scale: 'usual',
    time: 'clock',
    startedAt,
    seconds: 1,
    topicSeconds: { wal: 1 },
    machine: { processor: 'a processor', cores: 2, node: 'v20.20.0' },
    load: { before: 0, most: 1 },
    figures: [{ ...figure, side: 'statelog', samples: [123.456789, 0.000123456] }],
    goals: [],
    notes: ['a note'],
  });
  const [older, younger] = ['2026-01-02T03:04:05.000Z', '2026-02-02T03:04:05.000Z'].map(resultsOf);
  writeFileSync(path.join(kept, 'z-older.json'), resultsText(older!));
  writeFileSync(path.join(kept, 'a-younger.json'), resultsText(younger!));
  const last = readResults('last', kept);
  t.deepEqual(last, { ...younger!, figures: [{ ...younger!.figures[0]!, samples: [123.5, 0.0001235] }] });
  t.is(readResults(path.join(kept, 'z-older.json'), kept).startedAt, older!.startedAt);
});

test('a goal whose other side is not there is not measured, and says why', (t) => {
  const outcome = judge(goal, [{ ...figure, side: 'statelog', samples: [100] }]);
  t.is(outcome.verdict, 'not measured');
  t.is(outcome.why, 'original was not measured');
});

test("the originals' outputs are told apart by their number of keys", (t) => {
  const output = (keys: number, ns: number): string =>
    `{"name":"wal read_all","nsPerOp":${ns},"ops":${keys}}\n{"name":"fold export_to","nsPerOp":1,"ops":${keys}}\n`;
  const originals = parseOriginals([output(200, 5), output(1000, 7), output(200, 4)]);
  t.deepEqual(originals.get(200)?.get('wal read_all'), [5, 4]);
  t.deepEqual(originals.get(1000)?.get('wal read_all'), [7]);
});

test('growth is drawn where it was measured at several numbers of keys', (t) => {
  const curves = [{ name: 'growth-put', label: 'put', colour: '#000000' }];
  const at = (keys: number, ns: number): Figure => ({
    topic: 'state',
    id: `growth-put-${keys}`,
    title: 'put',
    unit: 'ns',
    side: 'statelog',
    samples: [ns],
  });
  t.is(growthPlot([at(10_000, 200)], curves), undefined);
  const plot = growthPlot([at(10_000, 200), at(1_000_000, 400)], curves)!;
  t.true(plot.startsWith('<svg '));
  t.true(plot.includes('put: 400'));
  t.regex(plot, /<polyline points="64,[\d.]+ 570,[\d.]+"/);
});

test("a run's figures take the place of those before in docs/performance.md", (t) => {
  const page = path.join(tempDir(t), 'performance.md');
  const source = readFileSync(path.join(projectRoot, 'docs', 'performance.md'), 'utf8');
  writeFileSync(page, source);
  const figures = [
    { ...figure, side: 'statelog', samples: [100], profile: [{ name: 'writeSync', share: 0.423 }] },
    { ...figure, side: 'original', samples: [100] },
  ] as const;
  const results = {
    scale: 'usual',
    time: 'clock' as const,
    startedAt: '2026-01-02T03:04:05.000Z',
    seconds: 1,
    topicSeconds: {},
    machine: { processor: 'a processor', cores: 2, node: 'v20.20.0' },
    load: { before: 0.25, most: 2.5 },
    figures,
    goals: [judge(goal, figures)],
    notes: [],
  };
  writeFiguresPage(page, results);
  const written = readFileSync(page, 'utf8');
  t.true(written.includes('Measured on 2026-01-02'));
  t.true(written.includes('Load before the run 0.25, at most 2.5'));
  t.true(written.includes('| WAL append |'));
  // What takes the time, where a goal is missed.
  t.true(written.includes('`writeSync` 42 %'));
  writeFiguresPage(page, results);
  t.is(readFileSync(page, 'utf8'), written);
});
