import { parseArgs } from 'node:util';
import { SCALE_NAMES, SCALES, type BenchScale, type ScaleName } from './scale.js';

/** What `npm run bench` was asked for. */
export interface BenchRequest {
  /** Empty: all. */
  readonly topics: readonly string[];
  readonly scale: BenchScale;
  readonly growth: boolean;
  readonly processorTime: boolean;
  /** What takes ours its time, too. */
  readonly profile: boolean;
  /** Puts the figures into docs/performance.md. */
  readonly docs: boolean;
  /** Where the results go as JSON. */
  readonly json: string | undefined;
  /** The `--json` of an earlier run, to say what became slower since; `last` for the youngest in bench/results. */
  readonly against: string | undefined;
  readonly originals: string | undefined;
  readonly peers: string | undefined;
  /** Where the files that are measured are made. */
  readonly folder: string | undefined;
}

export const BENCH_HELP = `npm run bench -- [TOPIC…] [flags]

Measures the engine beside its originals and its peers, each in its turn, round by round, and says which goals
of docs/performance.md it meets.

  --quick           about a minute        --scale tiny|quick|usual
  --originals PATH  the originals' harness, which is then run in the same run, or a folder with what
                    \`harness bench DIR N\` printed, a run a file
  --peers DIR       whose node_modules has lmdb, classic-level, better-sqlite3 (default: this project's)
  --growth          also at 10,000 to 5,000,000 keys, drawn to docs/performance.svg
  --cpu-time        the processor's time instead of the clock's, on a machine that others use too: ours alone, and
                    without what waits for the disk
  --profile         what takes ours its time, figure by figure; --docs then says it of what misses its goal
  --memory-mb N     input for the commands whose memory must not grow with it (the goal speaks of 4,295)
  --json FILE       all results; those of a release are kept in bench/results
  --against FILE    what became slower or faster since the run whose results these are; \`last\`: the youngest in bench/results
  --docs            puts the figures into docs/performance.md
  --folder DIR      where to make the files that are measured (default: the system's folder for temporary files)

The topic \`soak\` takes half an hour, a minute with --quick, and is measured only where it is asked for.
`;

/** Reads the arguments; undefined where only the help is wanted. Throws a TypeError for what it does not know. */
export function parseRequest(programArguments: readonly string[]): BenchRequest | undefined {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      scale: { type: 'string' },
      growth: { type: 'boolean', default: false },
      'cpu-time': { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      'memory-mb': { type: 'string' },
      docs: { type: 'boolean', default: false },
      json: { type: 'string' },
      against: { type: 'string' },
      originals: { type: 'string' },
      peers: { type: 'string' },
      folder: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const scale = scaleOf(values.scale ?? (values.quick ? 'quick' : 'usual'));
  const megabytes = values['memory-mb'];
  return {
    topics: positionals,
    scale: megabytes === undefined ? scale : { ...scale, memoryMegabytes: Number(megabytes) },
    growth: values.growth,
    processorTime: values['cpu-time'],
    profile: values.profile,
    docs: values.docs,
    json: values.json,
    against: values.against,
    originals: values.originals,
    peers: values.peers,
    folder: values.folder,
  };
}

function scaleOf(name: string): BenchScale {
  if ((SCALE_NAMES as readonly string[]).includes(name)) return SCALES[name as ScaleName];
  throw new TypeError(`there is no scale ${name}: take ${SCALE_NAMES.join(', ')}`);
}
