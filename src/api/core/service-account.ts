/** ServiceAccount. Tokens for it are made on request and are kept nowhere. */
import { defineKind } from '../../machinery/mod.ts';
import type { ServiceAccount } from '../upstream/types.ts';

function keepNamesOfSecrets(draft: ServiceAccount): void {
  for (const secret of draft.secrets ?? [])
    for (const key of Object.keys(secret)) if (key !== 'name') delete secret[key as keyof typeof secret];
}

export const serviceAccounts = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  shortNames: ['sa'],
  strategy: {
    returnsDeleted: true,
    prepareForCreate: keepNamesOfSecrets,
    prepareForUpdate: keepNamesOfSecrets,
    warnings: ({ metadata }) =>
      metadata.annotations?.['kubernetes.io/enforce-mountable-secrets'] === undefined
        ? []
        : [
            'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
          ],
  },
  subresources: {
    token: {
      type: 'create',
      input: 'io.k8s.api.authentication.v1.TokenRequest',
      gvk: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
    },
  },
});
