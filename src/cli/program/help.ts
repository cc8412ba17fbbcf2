import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '@oclif/core';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Program } from './program.js';

/**
 * All commands by name, where oclif's explicit discovery finds them. Empty until help is asked
 * for: until then one command at most is loaded.
 */
export const COMMAND_CLASSES: Record<string, Command.Class> = {};

const DESCRIPTION = `${packageJson.description}.

Exit codes: 0 done; 1 the answer is no; 2 wrong usage; 3 damage;
4 a torn tail; 5 locked by another process; 6 input or output failed;
7 not ours to read; 8 refused; 70 a defect of statelog.`;

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
