import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { countFlag, encodingFlags, encodingsOf } from '../../cli/command/flags.js';
import { inputOf } from '../../cli/command/readable.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { StatelogCommand } from '../../cli/program/base-command.js';

const PORT_MAX = 65_535;

/** `inspect PATH`: pages of it for a browser on this host, until it is stopped. */
export default class Inspect extends StatelogCommand {
  static override summary = 'browse a log, and what is wrong with it, in a browser on this host';
  static override args = { path: storeArgument };
  static override flags = {
    ...encodingFlags,
    port: countFlag({ greatest: PORT_MAX, description: 'the port to listen on (default: one that is free)' }),
    'show-values': boolean({ description: 'the values, too, which are left out' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Inspect);
    const [{ InspectServer }, { InspectedPath }] = await Promise.all([
      import('../../cli/inspect/inspect-server.js'),
      import('../../cli/inspect/inspected-path.js'),
    ]);
    const input = await inputOf(args.path, this.terminal);
    try {
      const form = { encodings: encodingsOf(flags), showsValues: flags['show-values'] };
      const inspected = new InspectedPath(input.fileSystem, args.path, form);
      const server = await InspectServer.listen(flags.port ?? 0, async (path, query, signal) =>
        inspected.page(path, query, signal),
      );
      const { url, port } = server;
      this.terminal.output.writeText(flags.json ? `${JSON.stringify({ url, port })}\n` : `${url}\n`);
      await this.terminal.output.flush();
      this.say('whoever has this address can read it, on this host alone; Ctrl-C ends it');
      const over = new AbortController();
      void inspected.readAll(over.signal).catch((error: unknown) => {
        this.writeNotices.warn(error);
      });
      await server.closed();
      over.abort();
      return EXIT_CODES.done;
    } finally {
      input.close();
    }
  }
}
