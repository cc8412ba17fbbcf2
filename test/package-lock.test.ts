import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from './support/project-root.js';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

test('the lock has every optional package of every platform, without which npm ci refuses it', (t) => {
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages),
    ),
  );
  t.deepEqual(missing, []);
});

test('the lock names no registry', (t) => {
  t.deepEqual(
    Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined),
    [],
  );
});

test('no package that an install brings runs a script, which npm would warn of', (t) => {
  const installed = Object.entries(packages).filter(([, { dev }]) => dev !== true);
  t.true(installed.length > 3);
  t.deepEqual(
    installed.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([place]) => place),
    [],
  );
});
