import test from 'ava';
import { unusedProxyHint } from '../../../src/engine/remote/http/unused-proxy.js';

const ADDRESS = new URL('https://s3.example/bucket');
const PROXY = 'http://proxy.example:3128';

test('where a proxy is named that Node goes past, the hint names the variable and what makes Node use it', (t) => {
  const hint = (environment: Record<string, string>, isKnown = true): string | undefined =>
    unusedProxyHint(ADDRESS, environment, isKnown);
  t.is(hint({ HTTPS_PROXY: PROXY }), 'HTTPS_PROXY is used only with NODE_USE_ENV_PROXY=1');
  t.is(hint({ https_proxy: PROXY }), 'https_proxy is used only with NODE_USE_ENV_PROXY=1');
  t.regex(hint({ HTTPS_PROXY: PROXY, NODE_USE_ENV_PROXY: '1' }, false)!, /^HTTPS_PROXY is not used by this/);
  for (const environment of [
    {},
    { HTTPS_PROXY: '' },
    { HTTP_PROXY: PROXY },
    { HTTPS_PROXY: PROXY, NODE_USE_ENV_PROXY: '1' },
    { HTTPS_PROXY: PROXY, NO_PROXY: 'localhost, s3.example' },
    { HTTPS_PROXY: PROXY, no_proxy: 'localhost,.example' },
    { HTTPS_PROXY: PROXY, no_proxy: 'example' },
    { HTTPS_PROXY: PROXY, no_proxy: '*' },
  ])
    t.is(hint(environment), undefined, JSON.stringify(environment));
  t.truthy(hint({ HTTPS_PROXY: PROXY, no_proxy: '3.example,' }));
});
