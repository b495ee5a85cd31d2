/** Notes on a secret the day on which its token was last used, so that those nobody uses can be told and taken away. */
import { secrets } from '../../api/mod.ts';
import { errorText, type Log } from '../../base/mod.ts';
import type { Client } from '../../client/mod.ts';

const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';

/** `client` is asked for when it is needed: whoever checks tokens is made before the server that they are for. */
export function keptTokenUse(
  client: () => Pick<Client, 'patch'>,
  log: Log,
): (namespace: string, secret: string, date: string) => void {
  return (namespace, name, date) => {
    const body = { metadata: { labels: { [lastUsedLabel]: date } } };
    client()
      .patch(secrets, { namespace, name }, { type: 'merge', body })
      .catch((error: unknown) =>
        log.warn('the use of a token could not be noted', { namespace, name, error: errorText(error) }),
      );
  };
}
