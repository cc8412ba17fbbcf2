import test from 'ava';
import { needing } from '../../support/needing.js';
import { exampleShell, examplesOf } from '../../support/shell-examples.js';
import { tempDir } from '../../support/temp-dir.js';
import { freePort, isServerThere, serverNeeded, startServer } from '../server-process.js';
import { NatsBucket } from './nats-bucket.js';

needing(
  test,
  serverNeeded('nats-server'),
  isServerThere('nats-server'),
)('the transcripts of docs/nats.md run as they stand', async (t) => {
  const port = await freePort();
  await startServer(
    t,
    'nats-server',
    ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', tempDir(t)],
    port,
  );
  // JetStream is there a moment after the port.
  await (await NatsBucket.connect(t, port, 'ready')).createWhenThere({});
  process.env['NATS_URL'] = `nats://127.0.0.1:${port}`;
  const shell = exampleShell(tempDir(t));
  const examples = examplesOf('docs/nats.md');
  t.true(examples.length >= 23);
  for (const { command, expected } of examples) {
    const { stdout, stderr } = shell(command);
    t.is(stdout, expected, `${command}\n${stderr}`);
  }
});
