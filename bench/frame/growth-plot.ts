import { type Figure, summaryOf } from './figure.js';
import { numberText } from './report.js';

/** A curve: figures whose ids are its name, a hyphen and the number of keys. */
export interface Curve {
  readonly name: string;
  readonly label: string;
  readonly colour: string;
}

interface Point {
  readonly keys: number;
  readonly ns: number;
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 190;
const TOP = 40;
const BOTTOM = 48;
const LABEL_HEIGHT = 16;
const GREY = '#8a8a8a';

/** Draws how costs grow with the number of keys, both on logarithmic scales; undefined where none was measured. */
export function growthPlot(figures: readonly Figure[], curves: readonly Curve[]): string | undefined {
  const drawn = curves
    .map((curve) => ({ ...curve, points: pointsOf(figures, curve.name) }))
    .filter(({ points }) => points.length > 1);
  if (drawn.length === 0) return undefined;
  const all = drawn.flatMap(({ points }) => points);
  const scale = new PlotScale(all);
  const lines = drawn.map(({ points, colour }) => polyline(scale, points, colour));
  const labels = endLabels(
    scale,
    drawn.map(({ label, colour, points }) => ({ label, colour, end: points.at(-1)! })),
  );
  const first = drawn[0]!.points;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 22, 'nanoseconds an operation, by number of keys', '#222222'),
    ...scale.grid(),
    polyline(scale, logarithmFrom(first), GREY, '4 4'),
    ...lines,
    ...labels,
    '</svg>\n',
  ].join('\n');
}

function pointsOf(figures: readonly Figure[], name: string): Point[] {
  const pattern = new RegExp(`^${name}-(\\d+)$`);
  return figures
    .flatMap((figure) => {
      const keys = pattern.exec(figure.id)?.[1];
      return keys === undefined || figure.side !== 'statelog'
        ? []
        : [{ keys: Number(keys), ns: summaryOf(figure).median }];
    })
    .sort((a, b) => a.keys - b.keys);
}

/** What would grow as the logarithm does, from a curve's first point on. */
function logarithmFrom(points: readonly Point[]): Point[] {
  const { keys: from, ns } = points[0]!;
  return points.map(({ keys }) => ({ keys, ns: (ns * Math.log(keys)) / Math.log(from) }));
}

/** Where a point lies in the picture. */
class PlotScale {
  readonly #keys: readonly [number, number];
  readonly #ns: readonly [number, number];
  readonly #ticks: readonly number[];

  constructor(points: readonly Point[]) {
    const keys = points.map((point) => point.keys);
    const ns = points.map((point) => point.ns);
    this.#keys = [Math.min(...keys), Math.max(...keys)];
    this.#ns = [10 ** Math.floor(Math.log10(Math.min(...ns))), 10 ** Math.ceil(Math.log10(Math.max(...ns)))];
    this.#ticks = [...new Set(keys)].sort((a, b) => a - b);
  }

  x(keys: number): number {
    return LEFT + share(keys, this.#keys) * (WIDTH - LEFT - RIGHT);
  }

  y(ns: number): number {
    return HEIGHT - BOTTOM - share(ns, this.#ns) * (HEIGHT - TOP - BOTTOM);
  }

  grid(): string[] {
    const lines: string[] = [];
    for (let decade = this.#ns[0]; decade <= this.#ns[1]; decade *= 10) {
      for (const part of [1, 2, 5]) {
        const ns = decade * part;
        if (ns > this.#ns[1]) break;
        lines.push(line(LEFT, this.y(ns), WIDTH - RIGHT, this.y(ns), part === 1 ? '#cccccc' : '#eeeeee'));
        lines.push(text(LEFT - 8, this.y(ns) + 4, numberText(ns), '#555555', 'end'));
      }
    }
    for (const keys of this.#ticks) {
      const label = keys >= 1e6 ? `${keys / 1e6} M` : `${keys / 1e3} k`;
      lines.push(line(this.x(keys), TOP, this.x(keys), HEIGHT - BOTTOM, '#eeeeee'));
      lines.push(text(this.x(keys), HEIGHT - BOTTOM + 18, label, '#555555', 'middle'));
    }
    return lines;
  }
}

/** How far along a logarithmic axis, 0 to 1. */
function share(value: number, [from, to]: readonly [number, number]): number {
  return (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from));
}

interface EndLabel {
  readonly label: string;
  readonly colour: string;
  readonly end: Point;
}

/** The curves' names at their ends, moved apart where they would cover each other. */
function endLabels(scale: PlotScale, ends: readonly EndLabel[]): string[] {
  let lowest = -Infinity;
  return ends
    .toSorted((a, b) => b.end.ns - a.end.ns)
    .map(({ label, colour, end }) => {
      lowest = Math.max(scale.y(end.ns) + 4, lowest + LABEL_HEIGHT);
      return text(scale.x(end.keys) + 10, lowest, `${label}: ${numberText(end.ns)}`, colour);
    });
}

function polyline(scale: PlotScale, points: readonly Point[], colour: string, dashes = ''): string {
  const places = points.map(({ keys, ns }) => `${rounded(scale.x(keys))},${rounded(scale.y(ns))}`).join(' ');
  const dash = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
  return `<polyline points="${places}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, content: string, colour: string, anchor = 'start'): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}" fill="${colour}" text-anchor="${anchor}">${content}</text>`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
