/** Makes the pod that a workload's template describes. */
import type { DeepReadonly } from '../base/mod.ts';
import type { Pod, PodTemplateSpec } from '../api/mod.ts';
import { controllerReference, nameIsDns1123Subdomain, type KubeObject } from '../machinery/mod.ts';

/** Shares the template's parts: nobody changes them. The server makes up the name. */
export function podFromTemplate(
  template: DeepReadonly<PodTemplateSpec> | undefined,
  owner: DeepReadonly<KubeObject>,
): Pod {
  const { labels, annotations, finalizers } = (template?.metadata ?? {}) as Pod['metadata'];
  const { name = '', namespace } = owner.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: generateNamePrefix(name),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: (template?.spec ?? {}) as NonNullable<Pod['spec']>,
  };
}

/** `name-`, if that is a good beginning of a name. */
export function generateNamePrefix(name: string): string {
  const prefix = `${name}-`;
  return nameIsDns1123Subdomain(prefix, true).length > 0 ? name : prefix;
}
