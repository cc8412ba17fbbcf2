import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from './support/project-root.js';

/*
 * The rules of docs/contributing.md that no linter knows. The source is read as text; a file
 * that breaks a rule is named with its line.
 */

const FILE_LINES_MAX = 300;
/** One class each, with an interface's many short methods: nothing in them could stand by itself. */
const LONG_CLASSES = [
  'src/engine/storage-io/real/real-file-system.ts',
  'test/simulated-disk/simulated-file-system.ts',
  'src/engine/wal/write/writer.ts',
];
/** A file of tests is a list: it may be longer. */
const TEST_LINES_MAX = 450;
const VAGUE_NAMES = /(^|[-/])(utils?|helpers?|common|misc|stuff)([-/.]|$)/;
// Put together, so that this file does not break its own rule.
const LEFTOVER = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`);
const MACHINE_PATH = new RegExp(`/(${['home', 'Users', 'root', 'wo' + 'rk', 'private'].join('|')})/[\\w.-]+`);
const SKIPPED_TEST = /\btest(\.\w+)*\.(skip|only|failing|todo)\b/;
/** Skips what the machine lacks something for, and says what. */
const NEEDING = 'test/support/needing.ts';
const UNREASONED_DISABLE = /eslint-disable(?!.* -- \S)/;
const DISK_MODULE = /from '(node:)?fs(\/promises)?'/;
/** "What a finding says is to be done is being done": a sentence that begins so has to be read twice. */
const HARD_START = /\/\*\*\s*(?:\*\s*)?(?:What|Whatever|Where|Who|Whoever|Whom|Whose|Of|The same)\s[^\n]*/g;
/** `closeEach` closes them all. A call with arguments is one that fails quietly. */
const CLOSING_LOOP = /\bfor \(const [^\n]* of [^\n]*\)\s*\{?\s*[\w.?#!]*\bclose\(\);/g;
const FILES_MAX = 15;
const PRINTING = /\bconsole\.|\bprocess\.(stdout|stderr|stdin|exit|exitCode|argv)\b/;

/**
 * V8 learns how large a class's objects are from the first seven. If its heap is collected between the sixth and the seventh, and none
 * of them is left, it gives all later ones no room. An object that is then given a private member as its sixteenth or
 * later, which its methods are one of, becomes a hash table: ten times as slow, for good.
 */
const PRIVATE_AMONG_FIRST = 14;
const FIELD = /^ {2}(?:readonly )?(#?\w+)(?:[:?!;]| =)/;

interface SourceFile {
  /** From the project's folder, with `/`. */
  readonly name: string;
  readonly lines: readonly string[];
}

function filesUnder(folder: string): SourceFile[] {
  return readdirSync(path.join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|js|cjs|mjs|md|json|sh)$/.test(entry.name))
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return {
        name: path.relative(projectRoot, file).split(path.sep).join('/'),
        lines: readFileSync(file, 'utf8').split('\n'),
      };
    });
}

/** What a run of the bench found is data, a figure a line. */
const source = ['src', 'test', 'bench', 'bin', 'scripts']
  .flatMap(filesUnder)
  .filter(({ name }) => !name.startsWith('bench/results/'));
const documents = filesUnder('docs');
const product = source.filter(({ name }) => name.startsWith('src/'));

/** `file:line` of each line that matches. */
function linesThatMatch(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ name, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${name}:${index + 1}`] : [])),
  );
}

test('no file of the source is longer than 300 lines, but for the few that say why', (t) => {
  const long = source.filter(({ name, lines }) => {
    const max = name.startsWith('test/') ? TEST_LINES_MAX : FILE_LINES_MAX;
    return lines.length > max + 1 && !LONG_CLASSES.includes(name);
  });
  t.deepEqual(
    long.map(({ name }) => name),
    [],
  );
});

test('every file has a name that says what is in it', (t) => {
  t.deepEqual(
    source.map(({ name }) => name).filter((name) => VAGUE_NAMES.test(name)),
    [],
  );
});

test('no note of unfinished work is left', (t) => {
  t.deepEqual(linesThatMatch([...source, ...documents], LEFTOVER), []);
});

test('nothing refers to the machine that it was written on', (t) => {
  t.deepEqual(linesThatMatch([...source, ...documents], MACHINE_PATH), []);
});

test('no test is skipped but for what it needs, and none runs alone', (t) => {
  const elsewhere = source.filter(({ name }) => name !== NEEDING);
  t.deepEqual(linesThatMatch(elsewhere, SKIPPED_TEST), []);
});

test('a lint rule is switched off only with its reason', (t) => {
  t.deepEqual(linesThatMatch(source, UNREASONED_DISABLE), []);
});

test('only storage-io touches the disk', (t) => {
  const others = product.filter(({ name }) => !name.startsWith('src/engine/storage-io/'));
  t.deepEqual(linesThatMatch(others, DISK_MODULE), []);
});

test('no loop closes one thing after the other, and leaves the rest open where one fails', (t) => {
  const loops = product.flatMap(({ name, lines }) =>
    [...lines.join('\n').matchAll(CLOSING_LOOP)].map(([text]) => `${name}: ${text}`),
  );
  t.deepEqual(loops, []);
});

test('the engine prints nothing and never ends the process', (t) => {
  const engine = product.filter(({ name }) => name.startsWith('src/engine/'));
  t.deepEqual(linesThatMatch(engine, PRINTING), []);
});

test('commands have default exports, and nothing else in the source has', (t) => {
  const others = product.filter(({ name }) => !/^src\/commands\/(?!index)/.test(name));
  t.deepEqual(linesThatMatch(others, /^export default\b/), []);
});

test('no docstring begins with a relative clause, or refers to another one as "the same"', (t) => {
  const hard = product.flatMap(({ name, lines }) =>
    [...lines.join('\n').matchAll(HARD_START)].map(([text]) => `${name}: ${text}`),
  );
  t.deepEqual(hard, []);
});

test('a folder of the source holds no more than fifteen files', (t) => {
  const files = new Map<string, number>();
  for (const { name } of product) {
    const folder = path.posix.dirname(name);
    files.set(folder, (files.get(folder) ?? 0) + 1);
  }
  t.deepEqual(
    [...files].filter(([, count]) => count > FILES_MAX),
    [],
  );
});

test('private fields are among the first fourteen of their class', (t) => {
  const late = product
    .filter(({ name }) => name.endsWith('.ts'))
    .flatMap(({ name, lines }) => {
      let fields = 0;
      return lines.flatMap((line, index) => {
        if (/^\S/.test(line)) fields = 0;
        const field = FIELD.exec(line)?.[1];
        if (field === undefined) return [];
        fields += 1;
        return field.startsWith('#') && fields > PRIVATE_AMONG_FIRST ? [`${name}:${index + 1} ${field}`] : [];
      });
    });
  t.deepEqual(late, []);
});
