/** `/.well-known/openid-configuration` and `/openid/v1/jwks`: with what others can check tokens of service accounts. */
import type { ServiceAccountTokens } from '../authn/service-account.ts';
import type { HttpResponse } from './message.ts';
import { json, type PathHandler } from './paths.ts';

const configuration = '/.well-known/openid-configuration';
const keySet = '/openid/v1/jwks';

/** `keysUrl` is where the keys can be had from outside; undefined: from this server, which is at `url`: `https://host:port`. */
export function issuerPaths(
  tokens: ServiceAccountTokens,
  { url, keysUrl }: { readonly url: () => string; readonly keysUrl?: string | undefined },
): PathHandler {
  return {
    serves: (path) => [configuration, keySet].includes(path.replace(/\/$/, '')),
    list: () => [configuration, keySet],
    respond(_request, { path }) {
      if (path.startsWith(keySet)) return lasting(json({ keys: tokens.keys.keys }, 'application/jwk-set+json'));
      const document = {
        issuer: tokens.issuer,
        jwks_uri: keysUrl ?? `${url()}${keySet}`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: algorithmsOf(tokens),
      };
      return lasting(json(document));
    },
  };
}

function algorithmsOf({ keys }: ServiceAccountTokens): string[] {
  return [...new Set(keys.keys.flatMap(({ alg }) => (typeof alg === 'string' ? [alg] : [])))].sort();
}

/** Whoever checks tokens may keep it for an hour. */
function lasting(response: HttpResponse): HttpResponse {
  return { ...response, headers: { ...response.headers, 'cache-control': 'public, max-age=3600' } };
}
