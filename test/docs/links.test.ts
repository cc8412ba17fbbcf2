import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/project-root.js';

/*
 * A reference that leads nowhere costs a reader more than none. Every link of a page, every path of ours that a page or
 * a comment names, and every promise that a comment quotes by its number has to be there.
 */

/** Files of ours under a folder, from the project's folder, with `/`. */
function filesUnder(folder: string, pattern: RegExp): string[] {
  return readdirSync(path.join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !/^test\/(fixtures|originals)\//.test(file));
}

const FOLDERS = ['docs', 'src', 'test', 'scripts', 'bench', 'bin', 'examples'];
const pages = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...FOLDERS.flatMap((folder) => filesUnder(folder, /\.md$/)),
];
const sources = ['eslint.config.js', ...FOLDERS.flatMap((folder) => filesUnder(folder, /\.[cm]?[jt]s$/))];

const text = new Map<string, string>();
function read(file: string): string {
  const known = text.get(file) ?? readFileSync(path.join(projectRoot, file), 'utf8');
  text.set(file, known);
  return known;
}

/** Anchors of a page's headings, as forges make them. */
function anchorsOf(page: string): string[] {
  return headingsOf(page).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function headingsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
}

function exists(file: string): boolean {
  return existsSync(path.join(projectRoot, file));
}

test('every link of a page leads to a file that is there, and to a heading of it', (t) => {
  const dangling: string[] = [];
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [file, anchor] = target!.split('#');
      const named = file === '' ? page : path.posix.join(path.posix.dirname(page), file!);
      const isThere = exists(named) && (anchor === undefined || anchorsOf(named).includes(anchor));
      if (!isThere) dangling.push(`${page}: ${target!}`);
    }
  }
  t.deepEqual(dangling, []);
});

test('every path of ours that a page names is there', (t) => {
  const dangling: string[] = [];
  for (const page of pages.filter((name) => name !== 'CHANGELOG.md')) {
    for (const [, named] of read(page).matchAll(/`((?:src|test|scripts|bench|examples|docs)\/[\w./-]+)`/g))
      // Tables of tests name them as they lie in test/.
      if (!exists(named!) && !(page.startsWith('test/') && exists(`test/${named!}`)))
        dangling.push(`${page}: ${named!}`);
  }
  t.deepEqual(dangling, []);
});

test('every page that a comment names is there, with the heading it quotes', (t) => {
  const dangling: string[] = [];
  for (const source of sources) {
    const pattern = /(?<![\w/.{}-])((?:docs\/|formats\/)?[a-z/-]+\.md)\b(?:,\s+(?:\*\s+)?"([^"\n]+)")?/g;
    for (const [, named, heading] of read(source).matchAll(pattern)) {
      if (!named!.includes('/') && !/^(reliability|cli|design)\.md$/.test(named!)) continue;
      const isThere = exists(named!) && (heading === undefined || headingsOf(named!).includes(heading));
      if (!isThere) dangling.push(`${source}: ${named!}${heading === undefined ? '' : `, "${heading}"`}`);
    }
  }
  t.deepEqual(dangling, []);
});

test('every promise that a comment or a sabotage quotes by its number is on docs/reliability.md', (t) => {
  const promised = new Set(
    [...read('docs/reliability.md').matchAll(/^\| (R\d+) /gm)].map(([, name]) => name),
  );
  t.true(promised.size > 10);
  const unknown = sources.flatMap((source) =>
    [...read(source).matchAll(/\bR\d{1,2}\b(?=[:,) ]|$)/gm)]
      .filter(([name]) => !promised.has(name))
      .map(([name]) => `${source}: ${name}`),
  );
  t.deepEqual(unknown, []);
  const vague = sources.filter((source) => /\(`?reliability[ :]/.test(read(source)));
  t.deepEqual(vague, [], 'docs/reliability.md is named by its path');
});
