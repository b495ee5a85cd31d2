/**
 * Secrets of type kubernetes.io/service-account-token: filled with a token for the account that they name, deleted when the
 * account is gone, and no longer named by the account when they are gone.
 */
import { secrets, serviceAccounts, type Secret, type ServiceAccount } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { defineController, nothing, read, type Action, type Plan, type ResourceView } from '../client/mod.ts';
import { objectKey } from '../machinery/mod.ts';
import type { KeptTokenSigner } from './ports.ts';

const tokenType = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

type ReadonlySecret = DeepReadonly<Secret>;
type ReadonlyAccount = DeepReadonly<ServiceAccount>;

const keyIn = (namespace: string | undefined, name: string | undefined): string => objectKey(namespace, name ?? '');

function accountKey({ type, metadata }: ReadonlySecret): readonly string[] {
  const name = metadata.annotations?.[nameAnnotation] ?? '';
  return type === tokenType && name !== '' ? [keyIn(metadata.namespace, name)] : [];
}

const reads = {
  secrets: read(secrets, {
    indexes: { account: accountKey },
    wakes: ({ metadata }, _view, { object, previous }) =>
      [object, previous].some((state) => state?.type === tokenType) ? [keyIn(metadata.namespace, metadata.name)] : [],
  }),
  accounts: read(serviceAccounts, {
    indexes: {
      secret: ({ metadata, secrets: named = [] }) => named.map(({ name }) => keyIn(metadata.namespace, name)),
    },
    wakes: ({ metadata }, view) =>
      (
        (view['secrets'] as ResourceView<Secret> | undefined)?.index(
          'account',
          keyIn(metadata.namespace, metadata.name),
        ) ?? []
      ).map((secret) => keyIn(secret.metadata.namespace, secret.metadata.name)),
  }),
};

/** `rootCa` in PEM; empty: none is put in. */
export function serviceAccountToken(
  sign: KeptTokenSigner,
  rootCa: string,
): ReturnType<typeof defineController<typeof reads>> {
  return defineController({
    name: 'serviceaccount-token-controller',
    reads,
    plan(view, key): Plan<never> {
      const secret = view.secrets.get(key);
      if (secret === undefined) return forgotten(view.accounts.index('secret', key), key);
      const [named] = accountKey(secret);
      if (named === undefined || secret.metadata.deletionTimestamp !== undefined) return nothing;
      const account = view.accounts.get(named);
      if (account === undefined || !isOf(secret, account)) return orphaned(secret, named);
      return filled(secret, account, { sign, rootCa });
    },
  });
}

/** A secret that names an account before it knows its uid is that of whichever account has the name. */
function isOf({ metadata }: ReadonlySecret, account: ReadonlyAccount): boolean {
  const uid = metadata.annotations?.[uidAnnotation] ?? '';
  return uid === '' || uid === account.metadata.uid;
}

function forgotten(accounts: readonly ReadonlyAccount[], key: string): Plan<never> {
  return {
    actions: accounts.map((account): Action => {
      const left = (account.secrets ?? []).filter(({ name }) => keyIn(account.metadata.namespace, name) !== key);
      const object: ReadonlyAccount = { ...account, secrets: left };
      return { do: 'update', resource: serviceAccounts, object };
    }),
  };
}

/** The view may lag behind: a secret is not deleted because of an account that was made a moment ago. */
function orphaned(secret: ReadonlySecret, account: string): Plan<never> {
  const { name = '', namespace, uid = '', resourceVersion = '' } = secret.metadata;
  const accountName = account.slice(account.indexOf('/') + 1);
  return {
    actions: [
      {
        do: 'look',
        at: [{ resource: serviceAccounts, key: { namespace, name: accountName } }],
        onSeen: (found) =>
          found[0]?.[0] !== undefined && isOf(secret, found[0][0] as ReadonlyAccount)
            ? []
            : [{ do: 'delete', resource: secrets, key: { namespace, name }, options: { uid, resourceVersion } }],
      },
    ],
  };
}

function filled(
  secret: ReadonlySecret,
  { metadata: { name: accountName = '', uid = '' } }: ReadonlyAccount,
  { sign, rootCa }: { readonly sign: KeptTokenSigner; readonly rootCa: string },
): Plan<never> {
  const { name = '', namespace = '', annotations } = secret.metadata;
  const base64 = (text: string): string => new TextEncoder().encode(text).toBase64();
  const { data = {} } = secret;
  const has = (data['token'] ?? '') !== '';
  const fits =
    (rootCa === '' || data['ca.crt'] === base64(rootCa)) &&
    data['namespace'] === base64(namespace) &&
    annotations?.[uidAnnotation] === uid;
  if (has && fits) return nothing;
  const object = (token: string): ReadonlySecret => ({
    ...secret,
    metadata: {
      ...secret.metadata,
      annotations: { ...annotations, [nameAnnotation]: accountName, [uidAnnotation]: uid },
    },
    data: {
      ...data,
      ...(rootCa === '' ? {} : { 'ca.crt': base64(rootCa) }),
      namespace: base64(namespace),
      token,
    },
  });
  if (has) return { actions: [{ do: 'update', resource: secrets, object: object(data['token'] ?? '') }] };
  return {
    actions: [
      {
        do: 'work',
        what: `sign a token of ${accountName} for the secret ${name}`,
        work: async () => {
          const token = sign({ namespace, account: { name: accountName, uid }, secret: name });
          return [{ do: 'update', resource: secrets, object: object(base64(token)) }];
        },
      },
    ],
  };
}
