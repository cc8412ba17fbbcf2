import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { toBase64 } from '../../engine/bytes/text/text.js';
import type { WatchEvent } from '../../engine/inspect/watch/watch-step.js';
import { versionFields } from '../../engine/fold/format/position-text.js';
import { encodeText, type Encoding } from '../values/encoding.js';

/**
 * A command of the shell, run for each change: what changed is in its environment, and the value on its standard input. One runs
 * at a time.
 */
export class ChangeCommand {
  readonly #command: string;
  readonly #store: string;
  readonly #keyEncoding: Encoding;
  #child: ChildProcess | undefined;

  constructor(command: string, store: string, keyEncoding: Encoding) {
    this.#command = command;
    this.#store = store;
    this.#keyEncoding = keyEncoding;
  }

  /**
   * Runs it, and waits until it has ended.
   * @returns why it failed, in words; undefined where it ended with 0
   */
  async run(event: WatchEvent): Promise<string | undefined> {
    const child = spawn('sh', ['-c', this.#command], {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, ...this.#environment(event) },
    });
    this.#child = child;
    try {
      // A command that does not read its input is as good as one that does.
      child.stdin.on('error', () => undefined);
      const value = event.op === 'put' ? event.value : undefined;
      child.stdin.end(value);
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
      if (code === 0) return undefined;
      return code === null ? `was ended by ${String(signal)}` : `ended with ${code}`;
    } catch (error) {
      return `could not be started: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      this.#child = undefined;
    }
  }

  /** Ends what runs. */
  stop(): void {
    this.#child?.kill('SIGTERM');
  }

  #environment(event: WatchEvent): Record<string, string> {
    const always = { STATELOG_OP: event.op, STATELOG_STORE: this.#store };
    if (event.op === 'replaced') return always;
    if (event.op === 'cursor') return always;
    const { version, record } = event;
    const { revision } = versionFields(version);
    return {
      ...always,
      ...this.#key(event.key),
      ...(revision === undefined ? {} : { STATELOG_REVISION: revision }),
      ...(record === undefined
        ? {}
        : { STATELOG_EPOCH: String(record.epoch), STATELOG_SEQUENCE: String(record.sequence) }),
    };
  }

  /** No variable holds a NUL, or bytes that are not UTF-8. */
  #key(key: Uint8Array): Record<string, string> {
    const text = encodeText(key, this.#keyEncoding);
    return text === undefined || text.includes('\0')
      ? { STATELOG_KEY_BASE64: toBase64(key) }
      : { STATELOG_KEY: text };
  }
}
