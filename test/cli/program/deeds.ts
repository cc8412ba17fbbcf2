import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StatelogError } from '../../../src/engine/errors.js';
import type { ExitCode } from '../../../src/cli/errors/exit-codes.js';
import { onInterrupt } from '../../../src/cli/program/interrupt.js';
import { ReadingProgress, startProgress } from '../../../src/cli/terminal/progress.js';
import { watchedInput } from '../../../src/cli/terminal/watched-reading.js';
import type { Terminal } from '../../../src/cli/terminal/terminal.js';

const A_LINE = `${'x'.repeat(99)}\n`;
const MANY_LINES = 100_000;
/** So few that they go out in one write. */
const FEW_LINES = 100;

/** Keeps the event loop busy until a signal comes; a minute bounds it. */
function stayAlive(): Promise<ExitCode> {
  return new Promise((resolve) => {
    setTimeout(() => {
      resolve(0);
    }, 60_000);
  });
}

/** The ways in which a command can end, each by its name. */
export const DEEDS = {
  'answer-no': () => Promise.resolve(1),
  damaged: () =>
    Promise.reject(
      new StatelogError('DAMAGED', 'the record fails its checksum', {
        path: 'orders/wal/8/wal-0.log',
        offset: 4096,
        safe: 'all 12 records before it are good',
        hint: 'run: statelog verify orders',
      }),
    ),
  defect: () => Promise.reject(new TypeError('x is\nnot a function')),
  // As the engine loads native packages.
  missingModule: async () => createRequire(import.meta.url)('no-such-package') as Promise<ExitCode>,
  'thrown-elsewhere': () => {
    setTimeout(() => {
      throw new Error('nobody caught this');
    });
    return stayAlive();
  },
  'rejected-elsewhere': () => {
    void Promise.reject(new Error('nobody awaited this'));
    return stayAlive();
  },
  'never-settles': () => new Promise<ExitCode>(() => undefined),
  'many-lines': async (terminal: Terminal) => {
    for (let line = 0; line < MANY_LINES; line++) {
      terminal.output.writeText(A_LINE);
      if (terminal.output.isFull && !(await terminal.output.flush())) break;
    }
    await terminal.output.flush();
    terminal.writeError(terminal.output.isClosed ? 'reader gone\n' : 'all written\n');
    return 0;
  },
  'few-lines': async (terminal: Terminal) => {
    terminal.output.writeText(A_LINE.repeat(FEW_LINES));
    await terminal.output.flush();
    return 0;
  },
  'then-damaged': async (terminal: Terminal) => {
    terminal.output.writeText('found before\n');
    await Promise.resolve();
    throw new StatelogError('DAMAGED', 'the value fails its checksum');
  },
  waits: (terminal: Terminal) => {
    terminal.writeError('ready\n');
    return stayAlive();
  },
  'waits-and-says': (terminal: Terminal) => {
    onInterrupt(async () => {
      terminal.output.writeText('last words\n');
      await terminal.output.flush();
    });
    terminal.writeError('ready\n');
    return stayAlive();
  },
  'long-work': async (terminal: Terminal) => {
    let nowMs = 0;
    const progress = startProgress(terminal, 'reading', 10, { nowMs: () => (nowMs += 300) });
    for (let done = 1; done <= 10; done++) {
      progress.advanceTo(done);
      // The package that draws is loaded meanwhile; from source that takes more than one turn.
      await import('cli-progress');
      await nextTurn();
    }
    progress.stop();
    return 0;
  },
  'short-work': async (terminal: Terminal) => {
    const progress = startProgress(terminal, 'reading', 10, { nowMs: () => 0 });
    for (let done = 1; done <= 10; done++) {
      progress.advanceTo(done);
      await nextTurn();
    }
    progress.stop();
    return 0;
  },
  'long-files': async (terminal: Terminal) => {
    let nowMs = 0;
    const progress = await ReadingProgress.on(terminal, 'verifying', () => (nowMs += 300));
    // Nothing is awaited from here on.
    for (const path of ['a/long/way/first.log', 'second.log']) {
      for (let position = 0; position < 100; position += 10) progress?.read(path, position, 100);
    }
    progress?.pause();
    return 0;
  },
  'long-input': async (terminal: Terminal) => {
    let nowMs = 0;
    const progress = await ReadingProgress.on(terminal, 'reading', () => (nowMs += 300));
    // Whatever is read in several pieces.
    for await (const chunk of watchedInput(process.execPath, terminal, progress)) {
      if (chunk.length === 0) break;
    }
    progress?.pause();
    return 0;
  },
  'reads-and-leaves': async (terminal: Terminal) => {
    for await (const chunk of terminal.input()) {
      terminal.output.write(chunk);
      break;
    }
    return 0;
  },
} satisfies Record<string, (terminal: Terminal) => Promise<ExitCode>>;

/** The name of one of the `DEEDS`. */
export type Deed = keyof typeof DEEDS;
