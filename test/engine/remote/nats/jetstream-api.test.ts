import test from 'ava';
import type { Msg, NatsConnection, Status } from '@nats-io/transport-node';
import { JetStreamApi } from '../../../../src/engine/remote/nats/client/jetstream-api.js';

/** A request that was sent: how long it waits, and its outcome. */
interface Sent {
  readonly timeout: number;
  readonly answer: (fields: object) => void;
  readonly fail: (error: Error) => void;
}

/** A connection that sends nothing: a test gives the answers, and says what becomes of the server. */
class ScriptedConnection {
  readonly sent: Sent[] = [];
  readonly #statuses: Status[] = [];
  #wake: () => void = () => undefined;

  get connection(): NatsConnection {
    const scripted = {
      closed: () => new Promise<void>(() => undefined),
      isClosed: () => false,
      status: () => this.#told(),
      request: (_subject: string, _payload: unknown, { timeout }: { timeout: number }) =>
        new Promise<Msg>((resolve, reject) => {
          const answer = (fields: object): void => {
            resolve({ data: Buffer.from(JSON.stringify(fields)) } as unknown as Msg);
          };
          this.sent.push({ timeout, answer, fail: reject });
        }),
    };
    return scripted as unknown as NatsConnection;
  }

  /** Says it, and lets whoever hears it act. */
  async say(...types: ('disconnect' | 'reconnect')[]): Promise<void> {
    for (const type of types) this.#statuses.push({ type, server: '' });
    this.#wake();
    await new Promise(setImmediate);
  }

  async *#told(): AsyncGenerator<Status, void> {
    for (;;) {
      const status = this.#statuses.shift();
      if (status !== undefined) yield status;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

test('a request whose answer was lost with the connection is made anew once the server is back', async (t) => {
  const script = new ScriptedConnection();
  const api = new JetStreamApi(script.connection, 'nats://host/bucket');
  const answer = api.call('STREAM.INFO.KV_bucket');
  await script.say('disconnect');
  t.is(script.sent.length, 1);
  await script.say('reconnect');
  t.is(script.sent.length, 2);
  await script.say('disconnect', 'reconnect');
  script.sent[0]!.fail(new Error('timeout'));
  script.sent[2]!.answer({ state: 'third' });
  t.deepEqual(await answer, { state: 'third' });
  await script.say('disconnect', 'reconnect');
  t.is(script.sent.length, 3);
});

test('a server that has just come back is asked again soon, and later each time until it answers', async (t) => {
  const script = new ScriptedConnection();
  const api = new JetStreamApi(script.connection, 'nats://host/bucket');
  const first = api.call('STREAM.INFO.KV_bucket');
  script.sent[0]!.answer({});
  await first;
  const usual = script.sent[0]!.timeout;
  await script.say('disconnect', 'reconnect');
  for (let tries = 0; tries < 4; tries++) {
    const call = api.call('STREAM.INFO.KV_bucket');
    script.sent.at(-1)!.fail(new Error('timeout'));
    await t.throwsAsync(call, { message: /timeout/ });
  }
  const waits = script.sent.slice(1).map(({ timeout }) => timeout / usual);
  t.deepEqual(waits, [0.2, 0.4, 0.8, 1]);
  await script.say('disconnect', 'reconnect');
  const answered = api.call('STREAM.INFO.KV_bucket');
  script.sent.at(-1)!.answer({});
  await answered;
  void api.call('STREAM.INFO.KV_bucket');
  t.is(script.sent.at(-1)!.timeout, usual);
});
