import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { COMMANDS } from '../../src/commands/index.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';

/* What `npm pack` makes, unpacked elsewhere beside the packages that npm would install for it. */

function npm(folder: string, ...npmArguments: string[]): string {
  return execFileSync('npm', npmArguments, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

test('the packed package holds what runs and its documents, runs elsewhere, and is importable', (t) => {
  const folder = tempDir(t);
  const packed = JSON.parse(
    npm(projectRoot, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder),
  ) as readonly { filename: string; files: readonly { path: string }[] }[];
  const [{ filename, files }] = packed as [(typeof packed)[number]];
  const foreign = files
    .map((file) => file.path)
    .filter(
      (name) =>
        !/^(bin\/(run\.js|package\.json)$|dist\/|docs\/|examples\/|(package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE)$)/.test(
          name,
        ),
    );
  t.deepEqual(foreign, []);
  t.true(
    files.some((file) => file.path === 'dist/engine/index.d.ts'),
    'run npm run build first',
  );
  t.true(
    files.some((file) => file.path === 'dist/NOTICES.txt'),
    'the licences of what is bundled travel with it',
  );
  t.true(files.some((file) => file.path === 'dist/statelog.1'));

  const modules = path.join(folder, 'node_modules');
  mkdirSync(modules);
  execFileSync('tar', ['-xzf', path.join(folder, filename), '-C', folder]);
  const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'package', 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  // A package that runs only because of what the project itself has installed would not be found here.
  for (const name of [...Object.keys(dependencies), '@koromix']) {
    const place = path.join(modules, name);
    mkdirSync(path.dirname(place), { recursive: true });
    if (existsSync(path.join(projectRoot, 'node_modules', name)))
      symlinkSync(path.join(projectRoot, 'node_modules', name), place);
  }
  symlinkSync(path.join(folder, 'package'), path.join(modules, 'statelog'));

  const run = path.join(modules, 'statelog', 'bin', 'run.js');
  t.is(spawnSync(process.execPath, [run, '--version'], { cwd: folder }).status, 0);
  t.is(spawnSync(process.execPath, [run, 'nonsense'], { cwd: folder }).status, 2);
  const program = path.join(folder, 'import.mjs');
  writeFileSync(
    program,
    `import { StatelogError } from 'statelog';\nconsole.log(new StatelogError('LOCKED', 'in use').code);\n`,
  );
  t.is(execFileSync(process.execPath, [program], { encoding: 'utf8' }), 'LOCKED\n');
});

interface Definition {
  readonly flags: Readonly<Record<string, { readonly hidden?: boolean }>>;
}

test('the manual page has every command, and every flag of each', async (t) => {
  const page = readFileSync(path.join(projectRoot, 'dist', 'statelog.1'), 'utf8').replaceAll('\\-', '-');
  for (const [command, load] of Object.entries(COMMANDS)) {
    const section = page.split(/^\.S[SH] /m).find((text) => text.startsWith(`"statelog ${command}"`));
    const { flags = {} } = (await load()).default as unknown as Partial<Definition>;
    for (const [flag] of Object.entries(flags).filter(([, { hidden }]) => hidden !== true))
      t.regex(section ?? '', new RegExp(`^\\.B --(\\[no-\\])?${flag}( |$)`, 'm'));
  }
});

const mandoc = spawnSync('mandoc', ['-Tlint', path.join(projectRoot, 'dist', 'statelog.1')], {
  encoding: 'utf8',
});

needing(
  test,
  'mandoc',
  mandoc.error === undefined,
)('mandoc has nothing to say of the manual page', (t) => {
  t.is(mandoc.stdout, '');
});
