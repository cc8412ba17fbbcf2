import { boolean } from '@oclif/core/flags';
import { textArgument } from '../../cli/command/arguments.js';
import { countFlag, quietFlag } from '../../cli/command/flags.js';
import { formatSize } from '../../cli/values/size-text.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { payloadJson } from '../../cli/output/list-output.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { spanFlag } from '../../cli/remote/transfer-flags.js';
import { visibleText } from '../../cli/terminal/shown/visible-text.js';
import { countedText } from '../../cli/text/counted-text.js';
import type { Pruned } from '../../engine/remote/publish/prune-snapshots.js';

const HOUR_MS = 3_600_000;

/** `prune URL`: removes old payloads of a key, never one that a pointer can name again. */
export default class Prune extends StatelogCommand {
  static override summary = 'remove old snapshots of a key from a bucket, never the newest';
  static override args = {
    url: textArgument({ required: true, description: 's3://BUCKET/PREFIX/KEY or file:///DIR/KEY' }),
  };
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    keep: countFlag({
      description: 'how many stay, the newest among them (default: 1)',
      least: 1,
      default: 1,
      defaultHelp: () => Promise.resolve(undefined),
    }),
    grace: spanFlag({
      description: 'what is younger stays, as somebody may be reading it (default: 1h)',
      default: HOUR_MS,
      defaultHelp: () => Promise.resolve(undefined),
    }),
    'dry-run': boolean({ description: 'say what would go, and remove nothing' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Prune);
    const [{ openSnapshotPlace }, { pruneSnapshots }] = await Promise.all([
      import('../../engine/remote/place/open-place.js'),
      import('../../engine/remote/publish/prune-snapshots.js'),
    ]);
    const { store, name } = await openSnapshotPlace(args.url);
    const { keep, grace: graceMs, 'dry-run': dryRun } = flags;
    const pruned = await pruneSnapshots(store, name, { keep, graceMs, dryRun });
    const text = flags.json ? prunedJson(pruned, dryRun) : prunedText(args.url, pruned, dryRun);
    this.terminal.output.writeText(`${text}\n`);
    await this.terminal.output.flush();
    return EXIT_CODES.done;
  }
}

function prunedJson({ payloads, links, uploads, kept }: Pruned, dryRun: boolean): string {
  const removed = payloads.map(payloadJson);
  return JSON.stringify({
    removed,
    increments: links.length,
    uploads: uploads.length,
    kept,
    ...(dryRun ? { dryRun } : {}),
  });
}

function prunedText(url: string, { payloads, links, uploads, kept }: Pruned, dryRun: boolean): string {
  const bytes = [...payloads, ...links].reduce((sum, blob) => sum + blob.bytes, 0);
  const what = `${countedText(payloads.length, 'snapshot')} (${formatSize(bytes)})`;
  const besides = uploads.length === 0 ? '' : ` and ${countedText(uploads.length, 'unfinished upload')}`;
  const act = dryRun ? 'would be removed' : 'removed';
  return `${visibleText(url)}: ${what}${besides} ${act}, ${kept} kept`;
}
