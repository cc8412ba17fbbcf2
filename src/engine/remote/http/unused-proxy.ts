type Environment = Readonly<Record<string, string | undefined>>;

/** Node's own switch for proxies, which releases before 22.21 and 24 do not have. */
const SWITCH = 'NODE_USE_ENV_PROXY';

/**
 * Says that the environment names a proxy for an address, and that Node goes past it; undefined where neither is so.
 * @param isKnown true where this release of Node can use proxies
 */
export function unusedProxyHint(
  { protocol, hostname }: URL,
  environment: Environment = process.env,
  isKnown = process.allowedNodeEnvironmentFlags.has('--use-env-proxy'),
): string | undefined {
  const scheme = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const named = [scheme, scheme.toUpperCase()].find((name) => (environment[name] ?? '') !== '');
  const excepted = environment['no_proxy'] ?? environment['NO_PROXY'] ?? '';
  if (named === undefined || excepted.split(',').some((one) => isOf(hostname, one.trim()))) return undefined;
  if (!isKnown) return `${named} is not used by this release of Node: 24 uses it, with ${SWITCH}=1`;
  return environment[SWITCH] === '1' ? undefined : `${named} is used only with ${SWITCH}=1`;
}

/** Whether an entry of `no_proxy` is about a host: `*`, the host, or a domain that it is in, with a dot before it or without. */
function isOf(hostname: string, entry: string): boolean {
  const domain = entry.replace(/^\*?\./, '');
  return entry === '*' || (domain !== '' && (hostname === domain || hostname.endsWith(`.${domain}`)));
}
