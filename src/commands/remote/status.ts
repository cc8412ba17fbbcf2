import { textArgument } from '../../cli/command/arguments.js';
import { textFlag } from '../../cli/command/flags.js';
import { isUrl } from '../../cli/values/url-text.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { isWithin, statusJson, statusMetrics, statusText } from '../../cli/output/status-output.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { spanFlag } from '../../cli/remote/transfer-flags.js';
import { StatelogError } from '../../engine/errors.js';

/** `status URL|STORE`: how far a replica is behind its store; 1 where that is too much. */
export default class Status extends StatelogCommand {
  static override summary = 'how far what is replicated to a bucket is behind, and when it was verified';
  static override args = {
    replica: textArgument({
      required: true,
      description: 's3://BUCKET/PREFIX/KEY or file:///DIR/KEY; or a store that is replicated from this host',
    }),
  };
  static override urlArguments = ['replica'];
  static override flags = {
    'max-lag': spanFlag({ description: 'end with 1 where it is further behind than this' }),
    prometheus: textFlag({
      description: 'write it to this file, too, as the textfile collector of node_exporter takes it',
      helpValue: 'FILE',
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Status);
    const [{ openSnapshotPlace }, { replicaStatus }, { ReportFile }] = await Promise.all([
      import('../../engine/remote/place/open-place.js'),
      import('../../engine/remote/replicate/replica-status.js'),
      import('../../engine/transfer/report-file.js'),
    ]);
    const source = isUrl(args.replica) ? undefined : args.replica;
    const url = source === undefined ? args.replica : await urlOf(source);
    const kept = source === undefined ? [] : [source];
    const file = flags.prometheus === undefined ? undefined : ReportFile.at(flags.prometheus, kept);
    const { store, name } = await openSnapshotPlace(url);
    const told = { url, status: await replicaStatus(store, name, source), maxLagMs: flags['max-lag'] };
    await file?.write(statusMetrics(told));
    const { output, outputIsTerminal } = this.terminal;
    output.writeText(
      flags.json ? `${JSON.stringify(statusJson(told))}\n` : statusText(told, outputIsTerminal),
    );
    await output.flush();
    return isWithin(told) ? EXIT_CODES.done : EXIT_CODES.no;
  }
}

/** @throws StatelogError `NOT_FOUND` where there is no store, or it is not known to be replicated */
async function urlOf(store: string): Promise<string> {
  const [{ readReplicaUrl, replicaPath }, { realFileSystem }] = await Promise.all([
    import('../../engine/remote/replicate/replica-place.js'),
    import('../../engine/storage-io/real/real-file-system.js'),
  ]);
  const fileSystem = realFileSystem();
  const isThere = fileSystem.statusFollowing(store) !== undefined;
  const url = isThere ? readReplicaUrl(fileSystem, store) : undefined;
  if (url !== undefined) return url;
  throw new StatelogError(
    'NOT_FOUND',
    isThere ? 'nothing says where this is replicated to' : 'there is nothing at this path',
    {
      path: store,
      hint: isThere
        ? `${replicaPath(store)} is written by 'statelog replicate ${store} URL'; 'statelog status URL' asks the bucket alone`
        : 'check the path',
    },
  );
}
