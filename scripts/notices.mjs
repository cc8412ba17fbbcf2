import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './run-step.mjs';

/** The folder of the package that a bundled file belongs to: the last `node_modules/NAME` of its path. */
const PACKAGE_FOLDER = /^(.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * Writes the licences of all packages that a bundle contains, since whoever gets the bundle gets them too.
 * @param {readonly string[]} inputs paths of the bundled files, from the project's folder
 * @param {string} outfile where the notices go
 * @throws Error where a package states no licence
 */
export function writeNotices(inputs, outfile) {
  const folders = new Set(inputs.flatMap((input) => PACKAGE_FOLDER.exec(input)?.[1] ?? []));
  const notices = [...folders].map((folder) => noticeOf(path.join(root, folder)));
  notices.sort((left, right) => (left.title < right.title ? -1 : 1));
  const text = notices.map(({ title, licence }) => `${title}\n${'-'.repeat(title.length)}\n\n${licence}\n`);
  writeFileSync(
    outfile,
    `dist/cli.cjs, dist/cli-rest.cjs and dist/nats-client.cjs contain parts of these packages.\n\n${text.join('\n')}`,
  );
}

function noticeOf(folder) {
  const { name, version, license, author } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  if (license === undefined && files.length === 0) throw new Error(`${name} states no licence`);
  const by = typeof author === 'object' ? author.name : author;
  const texts = files.map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
  const licence = texts.length > 0 ? texts.join('\n\n') : `${license}${by ? `, by ${by}` : ''}`;
  return { title: `${name} ${version} (${license})`, licence };
}
