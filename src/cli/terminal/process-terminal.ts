import type { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { asSystemError, errnoOf } from '../../engine/storage-io/interface/system-error.js';
import {
  kindOfDescriptor,
  openPipeAgain,
  writeAtOnce,
} from '../../engine/storage-io/real/standard-descriptor.js';
import { ByteOutput, type ByteSink } from './byte-output.js';
import type { PagedOutput, Screen } from './pager.js';
import type { Terminal } from './terminal.js';

const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;
const WRITING = 'writing to standard output';

/** Errors of a write whose reader has gone. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/**
 * The process's own streams. Node makes each of them when it is first asked for, and loads for it what knows networks and
 * terminals, which takes as long as looking up a key: they are asked for only where something has to go through them.
 */
export function processTerminal(): Terminal {
  const direct = standardOutput();
  let paged: PagedOutput | undefined;
  /** Errors that came while a pager had the screen. */
  let withheld = '';
  const writeError = (text: string): void => {
    try {
      quiet(process.stderr).write(text);
    } catch {
      // Standard error is closed or full: there is nowhere left to say it.
    }
  };
  return {
    output: new ByteOutput({ write: (bytes) => (paged ?? direct).write(bytes) }),
    get outputIsTerminal() {
      return isTerminal(STANDARD_OUTPUT);
    },
    get outputColumns() {
      if (!isTerminal(STANDARD_OUTPUT)) return COLUMNS_DEFAULT;
      const { columns } = process.stdout;
      return columns > 0 ? columns : COLUMNS_DEFAULT;
    },
    get errorsAreTerminal() {
      return paged?.isPaging !== true && isTerminal(STANDARD_ERROR) && process.env['TERM'] !== 'dumb';
    },
    get inputIsTerminal() {
      return isTerminal(STANDARD_INPUT);
    },
    writeError: (text) => {
      if (paged?.isPaging === true && isTerminal(STANDARD_ERROR)) withheld += text;
      else writeError(text);
    },
    page: async () => {
      if (paged !== undefined || !isTerminal(STANDARD_OUTPUT)) return;
      const { PagedOutput: Paged, pagerCommand } = await import('./pager.js');
      const command = pagerCommand(process.env);
      if (command !== undefined) paged = new Paged(direct, command, screen());
    },
    endPaging: async () => {
      await paged?.end();
      if (withheld !== '') writeError(withheld);
      withheld = '';
    },
    input: standardInput,
    promptInput: async () => {
      const kind = kindOfDescriptor(STANDARD_INPUT);
      if (kind !== 'pipe' && kind !== 'socket') return standardInput();
      const { PromptInput } = await import('./prompt-input.js');
      return new PromptInput(STANDARD_INPUT);
    },
  };
}

/** The terminal that standard output is; one that does not say how large it is counts as the usual one. */
function screen(): Screen {
  const { rows, columns } = process.stdout;
  return { rows: rows > 0 ? rows : ROWS_DEFAULT, columns: columns > 0 ? columns : COLUMNS_DEFAULT };
}

/** Node's answer is asked for only about a device that may be one. */
function isTerminal(descriptor: number): boolean {
  return kindOfDescriptor(descriptor) === 'device' && isatty(descriptor);
}

/** The reader of a pipe may go at any time; the write that notices reports it. */
function quiet<T extends NodeJS.WriteStream | Socket>(stream: T): T {
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
  return stream;
}

/** Standard output, by what it is, which is looked at when there is something to write. */
function standardOutput(): ByteSink {
  let sink: ByteSink | undefined;
  return {
    write: (bytes) => (sink ??= standardSink()).write(bytes),
  };
}

function standardSink(): ByteSink {
  const kind = kindOfDescriptor(STANDARD_OUTPUT);
  if (kind === 'file') return descriptorSink;
  const pipe = kind === 'pipe' ? openPipeAgain(STANDARD_OUTPUT) : undefined;
  return pipe === undefined ? streamSink() : pipeSink(pipe);
}

/** A pipe that was opened again, until it does not take all at once: then Node's stream, which waits for the reader. */
function pipeSink(pipe: number): ByteSink {
  let waiting: ByteSink | undefined;
  return {
    write: async (bytes) => {
      if (waiting !== undefined) return waiting.write(bytes);
      const written = writeAtOnce(pipe, bytes);
      if (written === bytes.length) return true;
      waiting = streamSink();
      return waiting.write(bytes.subarray(written));
    },
  };
}

/** A device, or a socket. */
function streamSink(): ByteSink {
  const stdout: NodeJS.WriteStream | Socket = quiet(process.stdout);
  return isSocket(stdout) ? socketSink(stdout) : descriptorSink;
}

/** Node's stream is a socket for all but files and devices; it has this property of sockets alone. */
function isSocket(stream: NodeJS.WriteStream | Socket): stream is Socket {
  return 'connecting' in stream;
}

/** A pipe, a socket or a terminal: libuv goes on with what a write did not take. */
function socketSink(stream: NodeJS.WriteStream | Socket): ByteSink {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => {
          if (error === undefined || error === null) resolve(true);
          else if (READER_GONE.has((error as NodeJS.ErrnoException).code)) resolve(false);
          else reject(asError(asSystemError(WRITING, undefined, error)));
        });
      }),
  };
}

/** A file or a device. */
const descriptorSink: ByteSink = {
  write: async (bytes) => {
    const { writeToDescriptor } = await import('../../engine/storage-io/real/byte-streams.js');
    try {
      await writeToDescriptor(STANDARD_OUTPUT, bytes, WRITING);
      return true;
    } catch (error) {
      if (errnoOf((error as Error).cause) === 'EPIPE') return false;
      throw error;
    }
  },
};

async function* standardInput(): AsyncGenerator<Uint8Array, void> {
  // Node gives an empty stream for what it does not know, such as a folder: reading that fails as it should.
  if (!('bytesRead' in process.stdin)) {
    yield* (await import('../../engine/storage-io/real/byte-streams.js')).readByteStream('/dev/stdin');
    return;
  }
  try {
    // It stays open when reading stops: a producer in the middle of writing must not die of that (start.ts).
    yield* process.stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw asSystemError('reading standard input', undefined, error);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
