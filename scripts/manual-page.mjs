import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundle } from './bundle.mjs';
import { root } from './run-step.mjs';

/** Characters of a line of roff, no more than which mandoc advises. */
const LINE_LENGTH = 79;

/** The variables that the program reads, beside those that a flag names. */
const VARIABLES = [
  ['NO_COLOR', 'no colour, as --no-color'],
  ['STATELOG_DEBUG', '1: an error is followed by its stack'],
];

/**
 * Writes statelog(1), made from the commands as they are defined.
 * @param {string} outfile
 */
export async function writeManualPage(outfile) {
  const { name, version, description } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const { COMMANDS } = await exportsOf('src/commands/index.ts');
  const { HELP_EXAMPLES } = await exportsOf('src/cli/program/help-examples.ts');
  const { EXIT_CODE_MEANINGS } = await exportsOf('src/cli/errors/exit-codes.ts');
  const commands = await Promise.all(
    Object.entries(COMMANDS).map(async ([command, load]) => [command, (await load()).default]),
  );
  commands.sort(([left], [right]) => (left < right ? -1 : 1));
  const global = flagsOf(commands[0][1].baseFlags);
  const variables = new Map(VARIABLES);
  for (const [, { flags = {} }] of commands) {
    for (const [flag, { env }] of Object.entries(flags))
      if (env) variables.set(env, `what --${flag} is without it`);
  }
  const page = [
    `.TH ${name.toUpperCase()} 1 ${builtOn()} "${name} ${version}" "User Commands"`,
    ...section('NAME', [`${name} \\- ${text(description)}`]),
    ...section('SYNOPSIS', [`.B ${name}`, '.I COMMAND', '[\\fIargument\\fR|\\fIflag\\fR]...']),
    ...section(
      'COMMANDS',
      commands.flatMap(([command, definition]) =>
        commandLines(name, command, definition, HELP_EXAMPLES[command]),
      ),
    ),
    ...section('FLAGS OF ALL COMMANDS', global),
    ...section(
      'EXIT STATUS',
      Object.entries(EXIT_CODE_MEANINGS).flatMap(([code, meaning]) => item(code, meaning)),
    ),
    ...section(
      'ENVIRONMENT',
      [...variables].sort().flatMap(([variable, meaning]) => item(variable, meaning)),
    ),
    ...section('SEE ALSO', [`${name} \\fICOMMAND\\fR \\-\\-help; the folder docs of the package.`]),
  ];
  writeFileSync(outfile, `${page.flatMap(wrapped).join('\n')}\n`);
}

async function exportsOf(entry) {
  mkdirSync(path.join(root, 'node_modules', '.cache'), { recursive: true });
  const folder = mkdtempSync(path.join(root, 'node_modules', '.cache', 'statelog-manual-'));
  try {
    const file = path.join(folder, 'module.cjs');
    await bundle(entry, file);
    return createRequire(file)(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandLines(name, command, { summary, args, flags }, examples = []) {
  const words = Object.entries(args).map(([key, { required }]) => {
    const word = `\\fI${text(key.toUpperCase())}\\fR`;
    return required ? word : `[${word}]`;
  });
  const described = Object.entries(args).filter(([, { description }]) => description !== undefined);
  return [
    `.SS "${name} ${command}"`,
    `\\fB${name} ${text(command)}\\fR ${words.join(' ')} [\\fIflag\\fR]...`,
    '.PP',
    `${text(summary)}.`,
    ...described.flatMap(([key, { description }]) => item(key.toUpperCase(), description)),
    ...flagsOf(flags),
    ...examples.flatMap(([does, line]) => [
      '.PP',
      `${text(does)}:`,
      '.PP',
      '.nf',
      `.RS 4`,
      text(line),
      '.RE',
      '.fi',
    ]),
  ];
}

function flagsOf(flags = {}) {
  return Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([flag, { type, allowNo, options, helpValue, description, multiple, default: usual }]) => {
      const value =
        type === 'boolean' ? '' : ` ${options?.join('|') ?? helpValue ?? 'VALUE'}${multiple ? '...' : ''}`;
      const isTold = ['string', 'number', 'bigint'].includes(typeof usual);
      return item(
        `--${allowNo ? '[no-]' : ''}${flag}${value}`,
        `${description ?? ''}${isTold ? ` (default: ${usual})` : ''}`,
      );
    });
}

/** The day of the build; SOURCE_DATE_EPOCH stands in for it, so that a build can be repeated. */
function builtOn() {
  const { SOURCE_DATE_EPOCH: seconds } = process.env;
  return new Date(seconds === undefined ? Date.now() : Number(seconds) * 1_000).toISOString().slice(0, 10);
}

/** A line of text as several that roff joins again; what begins with a dot is one request. */
function wrapped(line) {
  if (line.startsWith('.')) return [line];
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last === '') lines[lines.length - 1] = word;
    // A word that begins as a request would stays where it is.
    else if (last.length + 1 + word.length <= LINE_LENGTH || /^[.']/.test(word))
      lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

function section(title, lines) {
  return [`.SH ${title}`, ...lines];
}

function item(term, description) {
  return ['.TP', `.B ${text(term)}`, text(description)];
}

/** Text as roff takes it for nothing else. */
function text(words) {
  const escaped = String(words).replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
