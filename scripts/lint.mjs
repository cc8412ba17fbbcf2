// `npm run lint`: eslint, which asks for types, beside prettier and the layers.
import { ensureInstalled } from './ensure-installed.mjs';
import { programPath, runStepsSideBySide } from './run-step.mjs';

ensureInstalled();
await runStepsSideBySide(
  [['eslint', programPath('eslint'), '.']],
  [
    ['prettier', programPath('prettier'), '--check', '--log-level', 'warn', '.'],
    ['dependency-cruiser', programPath('dependency-cruiser', 'depcruise'), 'src', 'test', 'bench'],
  ],
);
