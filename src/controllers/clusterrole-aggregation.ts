/** Aggregated ClusterRoles: the rules of one that has an aggregationRule are those of all roles that it selects. */
import { clusterRoles, type ClusterRole, type PolicyRule } from '../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../base/mod.ts';
import { defineController, nothing, read, type ResourceView } from '../client/mod.ts';
import { labelSelectorFromSpec } from '../machinery/mod.ts';

type ReadonlyRole = DeepReadonly<ClusterRole>;

const reads = {
  roles: read(clusterRoles, {
    indexes: { aggregated: ({ aggregationRule }) => (aggregationRule === undefined ? [] : ['']) },
    wakes: (_role, view) => (view['roles']?.index('aggregated', '') ?? []).map(({ metadata }) => metadata?.name ?? ''),
  }),
};

export const clusterRoleAggregation = defineController({
  name: 'clusterrole-aggregation-controller',
  reads,
  plan(view, name) {
    const role = view.roles.get(name);
    if (role?.aggregationRule === undefined) return nothing;
    const rules = aggregated(role, view.roles);
    if (jsonEqual(rules, role.rules ?? [])) return nothing;
    return { actions: [{ do: 'update', resource: clusterRoles, object: { ...role, rules } }] };
  },
});

/** Each rule once, by the order of the selectors and, for each of them, of the names. */
function aggregated(role: ReadonlyRole, roles: ResourceView<ClusterRole>): DeepReadonly<PolicyRule>[] {
  const rules: DeepReadonly<PolicyRule>[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matching = labelSelectorFromSpec(selector);
    const selected = roles
      .list()
      .filter(({ metadata }) => metadata.name !== role.metadata.name && matching.matches(metadata.labels));
    for (const { rules: more } of selected.toSorted((a, b) =>
      (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1,
    ))
      for (const rule of more ?? []) if (!rules.some((known) => jsonEqual(known, rule))) rules.push(rule);
  }
  return rules;
}
