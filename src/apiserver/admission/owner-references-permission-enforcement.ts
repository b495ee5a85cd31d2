/**
 * OwnerReferencesPermissionEnforcement: who lets an object be collected may delete it, and who lets it hold up the deletion
 * of its owner may change that owner's finalizers.
 */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { goQuote, parseApiVersion, type Kind, type OwnerReference } from '../../machinery/mod.ts';
import { decide, type Attributes } from '../authz/authorizer.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

type Reference = DeepReadonly<OwnerReference>;

export const ownerReferencesPermissionEnforcement: AdmissionPlugin = {
  name: 'OwnerReferencesPermissionEnforcement',
  off: true,
  async validate(request) {
    const { operation, kind, subresource, draft, old } = request;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    if (kind.plural === 'pods' && kind.group === '' && subresource === 'status') return;
    const after: readonly Reference[] = draft?.metadata?.ownerReferences ?? [];
    const before: readonly Reference[] = old?.metadata?.ownerReferences ?? [];
    if (jsonEqual(after, before)) return;
    if (operation === 'UPDATE') {
      const refusal = await refusalOf(request, {
        verb: 'delete',
        kind,
        name: request.name,
        subresource: subresource ?? '',
      });
      if (refusal !== undefined)
        throw forbidden(request, `cannot set an ownerRef on a resource you can't delete: ${refusal}, <nil>`);
    }
    for (const reference of newlyBlocking(after, before)) await checkOwner(request, reference);
  },
};

function newlyBlocking(after: readonly Reference[], before: readonly Reference[]): Reference[] {
  const wasBlocking = new Set(
    before.filter(({ blockOwnerDeletion }) => blockOwnerDeletion === true).map(({ uid }) => uid),
  );
  return after.filter(({ blockOwnerDeletion, uid }) => blockOwnerDeletion === true && !wasBlocking.has(uid));
}

async function checkOwner(
  request: AdmissionRequest,
  { apiVersion, kind: name, name: owner }: Reference,
): Promise<void> {
  const { group, version } = parseApiVersion(apiVersion);
  const matches = request
    .kinds()
    .filter(
      (kind) => kind.group === group && kind.kind === name && kind.versions.some((one) => one.version === version),
    );
  if (matches.length === 0)
    throw forbidden(
      request,
      `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${name}: no matches for kind ${goQuote(name)} in version ${goQuote(apiVersion)}`,
    );
  for (const kind of matches) {
    const refusal = await refusalOf(request, { verb: 'update', kind, name: owner, subresource: 'finalizers' });
    if (refusal !== undefined)
      throw forbidden(
        request,
        `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${refusal}, <nil>`,
      );
  }
}

interface Access {
  readonly verb: string;
  readonly kind: Kind;
  readonly name: string;
  readonly subresource: string;
}

/** Why the user may not; undefined when they may. */
async function refusalOf(
  { context, authorizers, namespace = '' }: AdmissionRequest,
  { verb, kind, name, subresource }: Access,
): Promise<string | undefined> {
  const attributes: Attributes = {
    user: context.user,
    verb,
    group: kind.group,
    version: kind.version,
    resource: kind.plural,
    subresource,
    namespace: kind.namespaced ? namespace : '',
    name,
  };
  const { verdict, reason } = await decide(authorizers, attributes);
  return verdict === 'allow' ? undefined : reason;
}
