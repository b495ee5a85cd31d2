/**
 * Claims of devices. A pod that has claims waits until they are allocated; freeing a claim that nobody uses comes before
 * freeing a node of pods.
 */
import { definePlugin, type Failure, type NodeFilter } from '../framework.ts';

const name = 'DynamicResources';

export const dynamicResources = definePlugin({
  name,
  preFilter({ pod }): { readonly refused: Failure } | NodeFilter | undefined {
    for (const { name: claim, resourceClaimName, resourceClaimTemplateName } of pod.spec?.resourceClaims ?? []) {
      const made = pod.status?.resourceClaimStatuses?.find((status) => status.name === claim)?.resourceClaimName;
      const waitsFor =
        resourceClaimTemplateName !== undefined && made === undefined
          ? `waiting for dynamic resource controller to create the resourceclaim from the resourceclaimtemplate`
          : `resourceclaim.resource.k8s.io "${resourceClaimName ?? made ?? ''}" not found`;
      return { refused: { plugin: name, reasons: [waitsFor], unresolvable: true } };
    }
    return undefined;
  },
  postFilter: () => ({ message: 'no new claims to deallocate' }),
});
