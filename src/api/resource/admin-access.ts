/** Access to devices that others are using: for namespaces that administrators have labelled for it. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ApiError, forbidden, type FieldError, type HookContext, type KubeObject } from '../../machinery/mod.ts';
import { namespaces } from '../core/namespace.ts';
import type { DeviceClaim } from '../upstream/types.ts';

const label = 'resource.kubernetes.io/admin-access';

export function asksForAdminAccess({ requests }: DeepReadonly<DeviceClaim>): boolean {
  return (requests ?? []).some(({ exactly }) => exactly?.adminAccess === true);
}

/** Says what else is wrong together with it, because a client fixes all of it at once. */
export function refuseAdminAccess(
  kind: { readonly group: string; readonly kind: string },
  draft: KubeObject,
  context: HookContext,
  others: readonly FieldError[],
): void {
  const found = context.list(namespaces.collection ?? '') as readonly DeepReadonly<KubeObject>[];
  const labels = found.find(({ metadata }) => metadata?.name === context.namespace)?.metadata?.labels;
  if (labels?.[label] === 'true') return;
  const refusal = forbidden(
    '',
    `admin access to devices requires the \`${label}: true\` label on the containing namespace`,
  );
  throw ApiError.invalid(kind, draft.metadata?.name ?? '', [refusal, ...others]);
}
