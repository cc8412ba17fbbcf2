import path from 'node:path';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { atTerminal, hasPseudoTerminals } from '../support/pseudo-terminal.js';
import { tempDir } from '../support/temp-dir.js';

const program = path.join(projectRoot, 'bin', 'run.js');
const WORDS = 'statelog: reading from the terminal; Ctrl-D at the start of a line ends it\n';
const terminalTest = needing(test, 'python3', hasPseudoTerminals);

terminalTest('who is to type at a terminal is told so, and how it ends', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const { output, status } = await atTerminal({
    argv: [process.execPath, program, 'put', store, '--tsv', '--batch', '-'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TERM: 'dumb' },
    steps: [{ after: 'Ctrl-D', keys: 'k\tv\n\u0004' }],
  });
  t.true(output.startsWith(WORDS), output);
  t.is(status, 0);
  t.is((await commandLine(['get', store, 'k'])).stdout, 'v');
});

test('a pipe is read without a word', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const { stderr } = await commandLine(['put', store, '--tsv', '--batch', '-'], { input: ['k\tv\n'] });
  t.is(stderr, '');
});
