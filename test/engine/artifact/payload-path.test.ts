import test from 'ava';
import { pathFault, payloadPathFault } from '../../../src/engine/artifact/format/payload-path.js';

test('no path that could lead out of a folder, or be told apart from another by nobody, is taken', (t) => {
  const bad = [
    '',
    '/etc/passwd',
    '..',
    '.',
    '../fold.snap',
    'data/..',
    'data/../../fold.snap',
    'data/./fold.snap',
    'data//fold.snap',
    'data/',
    'data\\fold.snap',
    'data/a\u0000b',
    'data/a\nb',
    'data/\ud800',
    `data/${'x'.repeat(5000)}`,
    'a/'.repeat(100) + 'b',
  ];
  for (const path of bad) t.not(pathFault(path), undefined, JSON.stringify(path.slice(0, 60)));
  for (const path of ['data/fold.snap', 'data/..a/b..', 'data/ä']) t.is(payloadPathFault(path), undefined);
  t.not(payloadPathFault('other/fold.snap'), undefined);
});
