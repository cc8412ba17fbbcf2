import type { Config } from '@oclif/core/config';

/**
 * The part of oclif's `Config` that a running command reads. Building the whole one means reading
 * package.json, the user's theme and the plugins, and costs about as much as parsing and running a `get`;
 * only help needs it (see `help.ts`).
 */
export function bareConfig(version: string): Config {
  const config: Partial<Config> = {
    bin: 'statelog',
    name: 'statelog',
    version,
    userAgent: `statelog/${version}`,
    scopedEnvVarKeys: () => [],
    // statelog has no hooks; oclif's parser asks for `preparse`.
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
  };
  return config as Config;
}
