import { createInterface } from 'node:readline';
import { encodeText, type Encodings } from '../values/encoding.js';
import type { StoreLease } from '../command/store-lease.js';
import { asStatelogError, errorLine } from '../errors/error-rendering.js';
import { withSystemHint } from '../errors/system-hint.js';
import { EntryTable } from '../output/entry-table.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText, visibleValue } from '../terminal/shown/visible-text.js';
import { execute } from './execute.js';
import type { Executed } from './executed.js';
import { type Operation, parseOperation } from './operation.js';
import type { SessionOptions } from './run-session.js';
import { SHELL_COMMANDS, shellHelp, shellRequest } from './shell-request.js';

const PROMPT = 'statelog> ';
const COMPLETIONS_MAX = 50;

/** Reads commands at a terminal, with history and completion of commands and keys, until `.quit` or the end of input. */
export async function runShell(
  store: StoreLease,
  terminal: Terminal,
  { encodings }: SessionOptions,
): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: PROMPT,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      completionsOf(store, line, encodings).then(
        (found) => {
          done(null, found);
        },
        () => {
          done(null, [[], line]);
        },
      );
    },
  });
  terminal.output.writeText(`help lists the commands, .quit ends\n`);
  await terminal.output.flush();
  lines.prompt();
  const typed = lines[Symbol.asyncIterator]();
  try {
    for (;;) {
      const line = await store.whileWaiting(typed.next());
      if (line.done === true || line.value.trim() === '.quit') break;
      await answer(store, terminal, line.value, encodings);
      await terminal.output.flush();
      lines.prompt();
    }
  } finally {
    lines.close();
  }
}

async function answer(
  store: StoreLease,
  terminal: Terminal,
  line: string,
  encodings: Encodings,
): Promise<void> {
  const { output } = terminal;
  try {
    const request = shellRequest(line);
    if (request === undefined) return;
    if (request === 'help') {
      output.writeText(shellHelp());
      return;
    }
    const operation = parseOperation(request, encodings);
    if (operation.op === 'get') {
      const value = (await store.read()).get(operation.key)?.value;
      output.writeText(value === undefined ? '(not there)\n' : `${visibleValue(value)}\n`);
    } else if (operation.op === 'scan') {
      const table = new EntryTable(terminal, encodings);
      let left = operation.limit;
      for (const { key, value } of (await store.read()).entries(operation.range)) {
        if (left-- === 0) break;
        table.write(key, value);
      }
      await table.flush();
    } else {
      const done = await execute(store, operation, encodings);
      if (done.hasChanged) await store.sync();
      output.writeText(`${wordsOf(operation, done)}\n`);
    }
  } catch (error) {
    if (store.isEndedBy(error)) store.letGo();
    output.writeText(`${errorLine(withSystemHint(asStatelogError(error)))}\n`);
  }
}

/** The answer to a person. */
function wordsOf({ op }: Operation, { fields }: Executed): string {
  switch (op) {
    case 'put':
      return fields['applied'] === true ? 'put' : '(not put: its condition does not hold)';
    case 'delete':
    case 'purge':
      return fields['deleted'] === true ? 'deleted' : '(not there)';
    case 'count':
      return String(fields['count']);
    case 'increment':
      return String(fields['value']);
    case 'get':
    case 'scan':
    case 'check':
    case 'commit':
    case 'cursor':
    case 'group':
    case 'checkpoint':
      return visibleText(JSON.stringify(fields));
  }
}

async function completionsOf(
  store: StoreLease,
  line: string,
  { key: encoding }: Encodings,
): Promise<[string[], string]> {
  const [command = '', ...rest] = line.split(/ +/);
  if (rest.length === 0)
    return [Object.keys(SHELL_COMMANDS).filter((name) => name.startsWith(command)), command];
  const start = rest.at(-1)!;
  const keys: string[] = [];
  const prefix = Buffer.from(start, encoding === 'utf8' ? 'utf8' : encoding);
  for (const key of (await store.read()).keys({ prefix })) {
    const text = encodeText(key, encoding);
    if (text !== undefined && !/[\s"'\\]/.test(text)) keys.push(text);
    if (keys.length === COMPLETIONS_MAX) break;
  }
  return [keys, start];
}
