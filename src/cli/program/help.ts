import path from 'node:path';
import type { Command } from '@oclif/core';
import type { CommandHelp as CommandHelpBase } from '@oclif/core/help';
import packageJson from '../../../package.json' with { type: 'json' };
import { REPORT_TO } from '../errors/error-rendering.js';
import { EXIT_CODE_MEANINGS } from '../errors/exit-codes.js';
import { HELP_EXAMPLES } from './help-examples.js';
import type { Program } from './program.js';
import { COMMAND_CLASSES, programFile } from './program-file.js';

const MEANINGS = Object.entries(EXIT_CODE_MEANINGS).map(([code, meaning]) => `${code} ${meaning}`);

/** @param root the package's folder */
function descriptionOf(root: string): string {
  return `${packageJson.description}.

Exit codes: ${MEANINGS.join('; ')}.

Pages: ${path.join(root, 'docs', 'README.md')}; scripts to take from: ${path.join(root, 'docs', 'cookbook.md')}.
Defects: ${REPORT_TO}. Vulnerabilities: in private, as ${path.join(root, 'SECURITY.md')} says.`;
}

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
  const [{ Config }, { CommandHelp, Help }] = await Promise.all([
    import('@oclif/core/config'),
    import('@oclif/core/help'),
  ]);
  // oclif finds it loaded already.
  const target = path.relative(root, programFile());
  const discovery = { strategy: 'explicit' as const, target, identifier: 'COMMAND_CLASSES' };
  const config = await Config.load({
    root,
    version,
    // There are none, and the home to look for them in may be another user's.
    userPlugins: false,
    devPlugins: false,
    pjson: {
      ...packageJson,
      oclif: { bin: 'statelog', topicSeparator: ' ', commands: discovery, description: descriptionOf(root) },
    },
  });
  const help = new (class extends Help {
    protected override CommandHelpClass = commandHelpClass(CommandHelp);
    protected override log(...lines: string[]): void {
      terminal.output.writeText(`${lines.join(' ')}\n`);
    }
  })(config, { usageHeader: 'USAGE' });
  await help.showHelp(command === undefined ? [] : [command]);
}

/** A command's help with its examples first, and its flags in the usage by one word: they are listed below it. */
function commandHelpClass(Base: typeof CommandHelpBase): typeof CommandHelpBase {
  return class extends Base {
    protected override sections(): ReturnType<CommandHelpBase['sections']> {
      const examples = HELP_EXAMPLES[this.command.id] ?? [];
      const text = examples.map(([does, line]) => `# ${does}\n$ ${line}`).join('\n\n');
      return [{ header: 'EXAMPLES', generate: () => text }, ...super.sections()];
    }

    protected override defaultUsage(): string {
      const { id, args, strict } = this.command;
      const names = Object.values(args).map(({ name, required }) =>
        required === true ? name.toUpperCase() : `[${name.toUpperCase()}]`,
      );
      return `${[id, ...names].join(' ')}${strict === false ? '...' : ''} [FLAGS]`;
    }
  };
}
