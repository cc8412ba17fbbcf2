import type { ExecutionContext } from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempDir } from '../../support/temp-dir.js';
import { freePort, startServer, type RunningServer } from '../server-process.js';

/** A server of a cluster, by its name in it. */
export interface ClusterNode {
  readonly name: string;
  readonly port: number;
  /** Kills it; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** Starts it again. */
  readonly start: () => Promise<void>;
}

/** Three servers on loopback that are one. */
export async function startCluster(t: ExecutionContext): Promise<ClusterNode[]> {
  const folder = tempDir(t);
  const names = ['one', 'two', 'three'];
  const ports: number[] = [];
  const routes: number[] = [];
  for (const _ of names) {
    ports.push(await freePort());
    routes.push(await freePort());
  }
  const all = routes.map((port) => `nats://127.0.0.1:${port}`).join(', ');
  return Promise.all(
    names.map(async (name, at) => {
      const home = path.join(folder, name);
      mkdirSync(home);
      const configuration = path.join(home, 'server.conf');
      writeFileSync(
        configuration,
        `server_name: ${name}\nlisten: 127.0.0.1:${ports[at]}\njetstream { store_dir: "${home}/data" }\n` +
          `cluster { name: c, listen: "127.0.0.1:${routes[at]}", routes: [${all}] }\n`,
      );
      let server: RunningServer = await startServer(t, 'nats-server', ['-c', configuration], ports[at]!);
      return {
        name,
        port: ports[at]!,
        kill: () => server.kill(),
        start: async () => {
          server = await startServer(t, 'nats-server', ['-c', configuration], ports[at]!);
        },
      };
    }),
  );
}
