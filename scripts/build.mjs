// Builds dist/: the command line as one CommonJS file, and the library as modules with types.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { lazyRequireBanner, lazyRequires } from './lazy-requires.mjs';
import { programPath, root, runStep } from './run-step.mjs';

ensureInstalled();
rmSync(path.join(root, 'dist'), { recursive: true, force: true });

const { build } = await import('esbuild');
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/start.ts'],
  outfile: 'dist/cli.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  // One CommonJS file starts in two thirds of the time that loose modules take.
  format: 'cjs',
  banner: {
    js: `${lazyRequireBanner}\nconst __bundleUrl=require('node:url').pathToFileURL(__filename).href;`,
  },
  define: { 'import.meta.url': '__bundleUrl' },
  plugins: [lazyRequires],
  // Native packages stay files of their own; typescript is what oclif asks for when it runs from source.
  external: ['koffi', '@koromix/*', '@node-rs/crc32', '@napi-rs/blake-hash', 'typescript'],
  legalComments: 'linked',
  logLevel: 'warning',
});
runStep('tsc', process.execPath, [programPath('typescript', 'tsc'), '-p', 'tsconfig.build.json']);
