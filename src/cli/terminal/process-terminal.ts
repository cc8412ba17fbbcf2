import type { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { asSystemError, errnoOf } from '../../engine/storage-io/interface/system-error.js';
import { ByteOutput, type ByteSink } from './byte-output.js';
import type { Terminal } from './terminal.js';

const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;
const COLUMNS_DEFAULT = 80;
const WRITING = 'writing to standard output';

/** Errors of a write whose reader has gone. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** The process's own streams. */
export function processTerminal(): Terminal {
  // The reader of a pipe may go at any time; the write that notices reports it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { stdout } = process;
  return {
    output: new ByteOutput(isSocket(stdout) ? socketSink(stdout) : descriptorSink),
    // Asked when needed: the module that knows takes longer to load than most commands run.
    get outputIsTerminal() {
      return isatty(STANDARD_OUTPUT);
    },
    get outputColumns() {
      return isatty(STANDARD_OUTPUT) && stdout.columns > 0 ? stdout.columns : COLUMNS_DEFAULT;
    },
    get errorsAreTerminal() {
      return isatty(STANDARD_ERROR) && process.env['TERM'] !== 'dumb';
    },
    get inputIsTerminal() {
      return isatty(STANDARD_INPUT);
    },
    writeError: (text) => {
      try {
        process.stderr.write(text);
      } catch {
        // Standard error is closed or full: there is nowhere left to say it.
      }
    },
    input: standardInput,
  };
}

/** Node's stream is a socket for all but files and devices; it has this property of sockets alone. */
function isSocket(stream: NodeJS.WriteStream | Socket): stream is Socket {
  return 'connecting' in stream;
}

/** A pipe, a socket or a terminal: libuv goes on with what a write did not take. */
function socketSink(stream: Socket): ByteSink {
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
