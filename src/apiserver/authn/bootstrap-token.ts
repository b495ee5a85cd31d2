/** Bootstrap tokens, `id.secret`: kept as secrets in kube-system, for machines that are about to join. */
import { secrets, type Secret } from '../../api/mod.ts';
import type { Clock, DeepReadonly } from '../../base/mod.ts';
import type { Store } from '../../store/mod.ts';
import type { UserInfo } from '../../machinery/mod.ts';
import { InvalidToken } from './tokens.ts';

export class BootstrapTokens {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Undefined: not a token of this sort. Throws InvalidToken for one that is, and is not good. */
  userOf(token: string): UserInfo | undefined {
    const [, id = '', given = ''] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? [];
    if (id === '') return undefined;
    const secret = this.#store.current.get(secrets.collection ?? '', `kube-system/bootstrap-token-${id}`)?.value as
      | DeepReadonly<Secret>
      | undefined;
    if (
      secret === undefined ||
      secret.metadata.deletionTimestamp !== undefined ||
      secret.type !== 'bootstrap.kubernetes.io/token'
    )
      throw new InvalidToken('invalid bearer token');
    const value = (key: string): string => new TextDecoder().decode(Uint8Array.fromBase64(secret.data?.[key] ?? ''));
    const expiration = value('expiration');
    const expired = expiration !== '' && !(Date.parse(expiration) > this.#clock.now());
    if (
      value('token-id') !== id ||
      !sameText(value('token-secret'), given) ||
      expired ||
      value('usage-bootstrap-authentication') !== 'true'
    )
      throw new InvalidToken('invalid bearer token');
    const extra = value('auth-extra-groups')
      .split(',')
      .filter((group) => /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(group));
    return { username: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...extra, 'system:authenticated'] };
  }
}

/** Takes the same time wherever two texts of the same length differ. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ (b.charCodeAt(i) || 0);
  return difference === 0;
}
