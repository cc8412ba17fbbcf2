import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../cli/arguments.js';
import { StatelogCommand } from '../cli/base-command.js';
import { EXIT_CODES, type ExitCode } from '../cli/exit-codes.js';
import { lockFlags } from '../cli/flags.js';
import { formatSize } from '../cli/size-text.js';
import type { CompactReport } from '../engine/store/store.js';

/** `compact STORE`: rewrites without holes, overwritten records and leftovers. */
export default class Compact extends StatelogCommand {
  static override summary = 'rewrite a store without holes, overwritten records and leftovers';
  static override args = { store: storeArgument };
  static override flags = {
    ...lockFlags,
    'dry-run': boolean({ description: 'only say what it would come to, about' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Compact);
    const report = flags['dry-run'] ? await this.#estimate(args.store) : await this.#compact(args.store, flags.wait);
    const { bytesBefore, bytesAfter, keys } = report;
    this.terminal.output.writeText(
      flags.json
        ? `${JSON.stringify({ bytesBefore, bytesAfter, keys })}\n`
        : `${formatSize(bytesBefore)} before, ${formatSize(bytesAfter)} after, ${keys} keys\n`,
    );
    return EXIT_CODES.done;
  }

  async #compact(path: string, waitMs: number): Promise<CompactReport> {
    const { openWritable } = await import('../engine/inspect/open.js');
    const store = await openWritable(path, { waitMs });
    try {
      for (const finding of store.notices) this.notice(finding);
      return await store.compact();
    } finally {
      store.close();
    }
  }

  async #estimate(path: string): Promise<CompactReport> {
    const { openCompactable } = await import('../engine/inspect/open.js');
    const store = openCompactable(path);
    try {
      for (const finding of store.notices) this.notice(finding);
      return store.compactEstimate();
    } finally {
      store.close();
    }
  }
}
