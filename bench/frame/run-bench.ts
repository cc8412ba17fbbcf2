import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installedPeers } from '../peers/installed.js';
import type { BenchRequest } from './arguments.js';
import { changesSince } from './changes.js';
import type { Figure } from './figure.js';
import { writeFiguresPage } from './figures-page.js';
import { type Curve, growthPlot } from './growth-plot.js';
import { type Goal, judge } from './judge.js';
import { isProgram, originalFigures, parseOriginals, readOriginals, runOriginals } from './originals.js';
import { changesTable, goalsTable, numberText, topicTable } from './report.js';
import { type BenchResults, readResults, resultsText } from './results.js';
import type { TopicOrder, TopicResult } from './run-topic.js';
import type { BenchTopic } from './task.js';

/** What is measured, judged and drawn. */
export interface BenchPlan {
  readonly topics: readonly BenchTopic[];
  readonly goals: readonly Goal[];
  readonly curves: readonly Curve[];
}

/** What ends a run early, and the exit code then. Its topic's process gets the same from the terminal. */
const END_SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;
/** The bundle lies in node_modules/.cache/statelog. */
const PROJECT_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Measures the topics one after the other, prints them and the goals, and returns the exit code. */
export async function runBench(request: BenchRequest, { topics, goals, curves }: BenchPlan): Promise<number> {
  const started = new Date();
  // Read before an hour of measuring rather than after it.
  const earlier =
    request.against === undefined
      ? undefined
      : readResults(request.against, path.join(PROJECT_ROOT, 'bench', 'results'));
  if (earlier !== undefined) refuseOtherTime(earlier, request);
  const loads = [loadNow()];
  const chosen = chooseTopics(topics, request.topics);
  const { notices } = installedPeers(request.peers);
  for (const notice of notices) process.stderr.write(`${notice}\n`);
  const folder = mkdtempSync(path.join(request.folder ?? tmpdir(), 'statelog-bench-'));
  const removeFolder = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  for (const [signal, code] of END_SIGNALS) {
    process.once(signal, () => {
      removeFolder();
      process.exit(code);
    });
  }
  try {
    const results = await measureAll(request, chosen, folder, () => loads.push(loadNow()));
    const ids = new Set(chosen.map(({ id }) => id));
    const outcomes = goals.filter(({ topic }) => ids.has(topic)).map((goal) => judge(goal, results.figures));
    const seconds = Math.round((Date.now() - started.getTime()) / 1000);
    const load = { before: loads[0]!, most: Math.max(...loads) };
    const company = `load ${numberText(load.before)} before, at most ${numberText(load.most)} with it`;
    process.stdout.write(`${goalsTable(goalsTitle(request), outcomes)} (${seconds} s, ${company})\n`);
    if (earlier !== undefined) {
      const title = `since the run of ${earlier.startedAt}`;
      process.stdout.write(`${changesTable(title, changesSince(earlier, results.figures))}\n`);
    }
    const all: BenchResults = {
      scale: request.scale.name,
      time: request.processorTime ? 'processor' : 'clock',
      startedAt: started.toISOString(),
      seconds,
      topicSeconds: results.topicSeconds,
      machine: { processor: cpus()[0]?.model ?? '', cores: availableParallelism(), node: process.version },
      load,
      figures: results.figures,
      goals: outcomes,
      notes: [...notices, ...results.notes],
    };
    if (request.json !== undefined) writeFileSync(request.json, resultsText(all));
    const plot = growthPlot(results.figures, curves);
    if (plot !== undefined) writeFileSync(path.join(PROJECT_ROOT, 'docs', 'performance.svg'), plot);
    if (request.docs) writeFiguresPage(path.join(PROJECT_ROOT, 'docs', 'performance.md'), all);
    return results.failed.length === 0 ? 0 : 1;
  } finally {
    removeFolder();
  }
}

function refuseOtherTime({ time, startedAt }: BenchResults, { processorTime }: BenchRequest): void {
  if ((time === 'processor') === processorTime) return;
  throw new Error(
    `the run of ${startedAt} is of another time: ${processorTime ? 'leave out' : 'add'} --cpu-time`,
  );
}

function loadNow(): number {
  return loadavg()[0]!;
}

function goalsTitle({ scale }: BenchRequest): string {
  return scale.name === 'usual'
    ? 'goals'
    : `goals, at the ${scale.name} scale: with fewer keys than they speak of`;
}

function chooseTopics(topics: readonly BenchTopic[], ids: readonly string[]): readonly BenchTopic[] {
  if (ids.length === 0) return topics.filter(({ isOptional }) => isOptional !== true);
  return ids.map((id) => {
    const topic = topics.find((candidate) => candidate.id === id);
    if (topic !== undefined) return topic;
    throw new RangeError(`there is no topic ${id}: take ${topics.map((each) => each.id).join(', ')}`);
  });
}

interface Measured {
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  readonly failed: readonly string[];
  readonly topicSeconds: Readonly<Record<string, number>>;
}

async function measureAll(
  request: BenchRequest,
  topics: readonly BenchTopic[],
  folder: string,
  noteLoad: () => void,
): Promise<Measured> {
  const ours: Figure[] = [];
  const notes: string[] = [];
  const failed: string[] = [];
  const topicSeconds: Record<string, number> = {};
  const originals = beginOriginals(request, folder);
  const results: (readonly [BenchTopic, TopicResult])[] = [];
  for (const topic of topics) {
    const started = performance.now();
    noteLoad();
    const result = await runTopicProcess(request, topic, path.join(folder, topic.id));
    const seconds = Math.round((performance.now() - started) / 1000);
    topicSeconds[topic.id] = seconds;
    process.stderr.write(`${topic.id}: ${seconds} s\n`);
    if (result === undefined) failed.push(topic.id);
    else results.push([topic, result]);
    rmSync(path.join(folder, topic.id), { recursive: true, force: true });
  }
  const theirs = parseOriginals(originals.end());
  for (const [topic, result] of results) {
    const figures = [...result.figures, ...originalFigures(result.figures, theirs, request.scale.keys)];
    ours.push(...figures);
    notes.push(...result.notes);
    const title = `${topic.id}: ${topic.title} (${topicSeconds[topic.id]} s)`;
    process.stdout.write(`${topicTable(title, figures, result.notes)}\n`);
  }
  for (const id of failed) process.stderr.write(`${id}: its process failed\n`);
  return { figures: ours, notes, failed, topicSeconds };
}

/** The harness runs before the topics, and at the usual number of keys after them as well. */
function beginOriginals({ originals, scale }: BenchRequest, folder: string): { end(): string[] } {
  if (originals === undefined) return { end: () => [] };
  const place = path.resolve(originals);
  if (!isProgram(place)) return { end: () => readOriginals(place) };
  const run = (keys: number): string => {
    process.stderr.write(`originals, ${keys.toLocaleString('en')} keys …\n`);
    const scratch = path.join(folder, 'originals');
    const output = runOriginals(place, scratch, keys);
    rmSync(scratch, { recursive: true, force: true });
    return output;
  };
  const sizes = scale.name === 'usual' ? [scale.keys, scale.keysMany] : [scale.keys];
  const outputs = sizes.map(run);
  return { end: () => (scale.name === 'usual' ? [...outputs, run(scale.keys)] : outputs) };
}

function runTopicProcess(
  { scale, growth, processorTime, profile, peers }: BenchRequest,
  { id }: BenchTopic,
  folder: string,
): Promise<TopicResult | undefined> {
  const program = fileURLToPath(import.meta.url);
  const order: TopicOrder = {
    topic: id,
    scale,
    growth,
    processorTime,
    profile,
    folder,
    peersFolder: peers,
    program: path.join(PROJECT_ROOT, 'bin', 'run.js'),
  };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--expose-gc', program, '--run-topic', JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const end = (): void => {
      child.kill();
    };
    process.once('exit', end);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('close', (code) => {
      process.off('exit', end);
      const last = output.trimEnd().split('\n').at(-1)!;
      resolve(code === 0 ? (JSON.parse(last) as TopicResult) : undefined);
    });
  });
}
