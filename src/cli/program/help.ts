import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '@oclif/core';
import packageJson from '../../../package.json' with { type: 'json' };
import { EXIT_CODE_MEANINGS } from '../errors/exit-codes.js';
import type { Program } from './program.js';

/**
 * All commands by name, where oclif's explicit discovery finds them. Empty until help is asked
 * for: until then one command at most is loaded.
 */
export const COMMAND_CLASSES: Record<string, Command.Class> = {};

const MEANINGS = Object.entries(EXIT_CODE_MEANINGS).map(([code, meaning]) => `${code} ${meaning}`);
const DESCRIPTION = `${packageJson.description}.

Exit codes: ${MEANINGS.join('; ')}.`;

/**
 * Writes oclif's help to standard output.
 * @param command a command's name; undefined for the list of commands
 */
export async function writeHelp(
  command: string | undefined,
  { root, version, commands, terminal }: Program,
): Promise<void> {
  for (const [name, load] of Object.entries(commands)) {
    const { default: CommandClass } = await load();
    CommandClass.id = name;
    COMMAND_CLASSES[name] = CommandClass as unknown as Command.Class;
  }
  const [{ Config }, { Help }] = await Promise.all([
    import('@oclif/core/config'),
    import('@oclif/core/help'),
  ]);
  // This very file, or the bundle that it is part of: oclif finds it loaded already.
  const target = path.relative(root, fileURLToPath(import.meta.url));
  const discovery = { strategy: 'explicit' as const, target, identifier: 'COMMAND_CLASSES' };
  const config = await Config.load({
    root,
    version,
    pjson: {
      ...packageJson,
      oclif: { bin: 'statelog', topicSeparator: ' ', commands: discovery, description: DESCRIPTION },
    },
  });
  const help = new (class extends Help {
    protected override log(...lines: string[]): void {
      terminal.output.writeText(`${lines.join(' ')}\n`);
    }
  })(config, { usageHeader: 'USAGE' });
  await help.showHelp(command === undefined ? [] : [command]);
}
