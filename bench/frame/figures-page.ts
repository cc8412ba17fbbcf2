import { readFileSync, writeFileSync } from 'node:fs';
import { SIDES, type Figure, summaryOf } from './figure.js';
import type { Outcome } from './judge.js';
import { limitText, numberText } from './report.js';
import type { BenchResults } from './results.js';

const BEGIN = '<!-- figures of a run: npm run bench -- --docs -->';
const END = '<!-- end of the figures -->';

/** Puts the goals and the peers' figures of a run into a page, between two marks that it has for them. */
export function writeFiguresPage(file: string, results: BenchResults): void {
  const page = readFileSync(file, 'utf8');
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`${file} has no place for the figures: ${BEGIN} … ${END}`);
  const parts = [page.slice(0, start) + BEGIN, figuresText(results), page.slice(end)];
  writeFileSync(file, parts.join('\n\n'));
}

function figuresText({ figures, goals, scale, startedAt, machine, load }: BenchResults): string {
  const [date] = startedAt.split('T');
  const where = `${machine.cores} cores (${machine.processor}), Node ${machine.node.slice(1)}`;
  const company = `Load before the run ${numberText(load.before)}, at most ${numberText(load.most)} while it ran.`;
  const parts = [`Measured on ${date}, at the ${scale} scale, on ${where}. ${company}`, goalsOf(goals)];
  const peers = peersOf(figures);
  if (peers !== '') parts.push('Beside what people use instead, medians in nanoseconds:', peers);
  const profiles = profilesOf(figures, goals);
  if (profiles !== '')
    parts.push('What takes the time where a goal is not met, functions by their own share:', profiles);
  return parts.join('\n\n');
}

function goalsOf(goals: readonly Outcome[]): string {
  const rows = goals.map((goal, index) => [
    goal.row === goals[index - 1]?.row ? '' : goal.row,
    goal.part,
    limitText(goal),
    goal.ours === undefined ? '' : `${numberText(goal.ours)} ${goal.unit ?? ''}`,
    goal.theirs === undefined ? '' : numberText(goal.theirs),
    goal.reached === undefined ? '' : numberText(goal.reached),
    goal.verdict,
  ]);
  return table(['', '', 'goal', 'statelog', 'the other', 'reached', ''], rows);
}

/** Of each goal that is not met, where its figure was profiled. */
function profilesOf(figures: readonly Figure[], goals: readonly Outcome[]): string {
  const rows = goals.flatMap(({ row, part, topic, figure: id, verdict }) => {
    const isOurs = (each: Figure): boolean =>
      each.topic === topic && each.id === id && each.side === 'statelog';
    const { profile } = figures.find(isOurs) ?? {};
    if (verdict !== 'not met' || profile === undefined || profile.length === 0) return [];
    const shares = profile.map(({ name, share }) => `\`${name}\` ${Math.round(share * 100)} %`);
    return [[row, part, shares.join(', ')]];
  });
  return rows.length === 0 ? '' : table(['', '', 'of the time'], rows);
}

/** Figures that were measured of at least one peer too. */
function peersOf(figures: readonly Figure[]): string {
  const peers = SIDES.filter((side) => ['lmdb', 'classic-level', 'better-sqlite3'].includes(side));
  const compared = figures.filter(
    (ours) =>
      ours.side === 'statelog' &&
      figures.some(({ topic, id, side }) => topic === ours.topic && id === ours.id && peers.includes(side)),
  );
  if (compared.length === 0) return '';
  const rows = compared.map(({ topic, id, title }) => [
    `${topic}: ${title}`,
    ...(['statelog', ...peers] as const).map((side) => {
      const figure = figures.find((each) => each.topic === topic && each.id === id && each.side === side);
      return figure === undefined ? '' : numberText(summaryOf(figure).median);
    }),
  ]);
  return table(['', 'statelog', ...peers], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
