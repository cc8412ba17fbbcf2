import type { CommandModules } from '../program/base-command.js';

/** A kind of word in a command line: a path, a key of the store that the line names, or neither. */
export type PlaceKind = 'file' | 'key' | 'none';

/** A flag as a shell completes it. */
export interface FlagShape {
  /** With its dashes. */
  readonly name: string;
  readonly summary: string;
  /** The kind of its value, or the words that it may be; undefined for a flag that takes none. */
  readonly value: PlaceKind | readonly string[] | undefined;
}

/** A command as a shell completes it. */
export interface CommandShape {
  readonly name: string;
  readonly summary: string;
  /** The kind of each argument that has a name, or the words that it may be. */
  readonly places: readonly (PlaceKind | readonly string[])[];
  /** The kind of all further arguments. */
  readonly rest: PlaceKind;
  readonly flags: readonly FlagShape[];
}

/** The part of oclif's definitions that is read here. */
interface Definition {
  readonly summary?: string;
  readonly description?: string;
  readonly type?: string;
  readonly options?: readonly string[];
  readonly helpValue?: string;
  readonly hidden?: boolean;
  readonly allowNo?: boolean;
}

interface Definitions extends Definition {
  readonly args: Readonly<Record<string, Definition>>;
  readonly flags: Readonly<Record<string, Definition>>;
  readonly baseFlags: Readonly<Record<string, Definition>>;
  readonly strict?: boolean;
}

const FILE_VALUES: readonly string[] = ['FILE', 'DEST', 'DIR', 'NEW', 'OTHER', 'STORE', 'PATH'];
const KEY_VALUES: readonly string[] = ['P', 'A', 'B', 'K', 'KEY'];
const HELP: FlagShape = { name: '--help', summary: 'how it is called', value: undefined };

/**
 * Reads of every command what a shell needs to complete it. All commands are loaded.
 * @returns one shape a command, by name
 */
export async function commandShapes(commands: CommandModules): Promise<CommandShape[]> {
  const shapes = await Promise.all(
    Object.entries(commands).map(async ([name, load]) =>
      shapeOf(name, (await load()).default as Definitions),
    ),
  );
  return shapes.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function shapeOf(name: string, { summary = '', args, flags, baseFlags, strict }: Definitions): CommandShape {
  const names = Object.keys(args);
  const ownRest = names.at(-1) === 'path' ? 'file' : 'key';
  return {
    name,
    summary,
    places: names.map((argument) => args[argument]?.options ?? kindOfArgument(argument)),
    rest: strict === false ? ownRest : 'none',
    flags: [...Object.entries({ ...flags, ...baseFlags }).flatMap(flagShapes), HELP],
  };
}

function kindOfArgument(name: string): PlaceKind {
  if (name === 'key') return 'key';
  return name === 'value' || name === 'name' ? 'none' : 'file';
}

function flagShapes([name, definition]: [string, Definition]): FlagShape[] {
  const { description = '', type, options, helpValue = '', hidden, allowNo } = definition;
  if (hidden === true) return [];
  const own = FILE_VALUES.includes(helpValue) ? 'file' : KEY_VALUES.includes(helpValue) ? 'key' : 'none';
  const value = type === 'boolean' ? undefined : (options ?? own);
  const shape: FlagShape = { name: `--${name}`, summary: description, value };
  return allowNo === true ? [shape, { ...shape, name: `--no-${name}` }] : [shape];
}

/** A place or a value in one word of a script: its kind, or the words that it may be, joined by commas. */
export function kindText(value: PlaceKind | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(',');
}

/** Pairs of `COMMAND --FLAG` and its value's `kindText`, for each flag whose value can be completed. */
export function valueKinds({ name, flags }: CommandShape): [string, string][] {
  return flags.flatMap(({ name: flag, value }) =>
    value === undefined || value === 'none' ? [] : [[`${name} ${flag}`, kindText(value)]],
  );
}

/** The names of the flags that take a value. */
export function valuedFlags({ flags }: CommandShape): string[] {
  return flags.filter(({ value }) => value !== undefined).map(({ name }) => name);
}
