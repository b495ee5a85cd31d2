/** What the default policy has besides, where kinds are served that upstream leaves off. As Kubernetes 1.36 has it. */
import { clusterRoleBindings, clusterRoles, type ClusterRole } from '../../../api/mod.ts';
import { clusterBinding, clusterRole, recordEvents, rule } from './notation.ts';
import { defaultsOf, type Default } from './policy.ts';

const bundles = 'clustertrustbundles';
const requests = 'podcertificaterequests';
const migrations = 'storageversionmigrations';
const groups = 'podgroups';
const poolRequests = 'resourcepoolstatusrequests';

/** What a kubelet needs of them, by their plurals. */
export const optionalNodeRules: Readonly<Record<string, string>> = {
  [bundles]: `read | certificates.k8s.io | ${bundles}`,
  [requests]: `create read | certificates.k8s.io | ${requests}`,
};

const controller = (name: string): { name: string; subject: string } => ({
  name: `system:controller:${name}`,
  subject: `account:kube-system/${name}`,
});

const grants: readonly { plural: string; name: string; subject: string; rules: readonly string[] }[] = [
  {
    plural: bundles,
    name: 'system:cluster-trust-bundle-discovery',
    subject: 'group:system:serviceaccounts',
    rules: [`read | certificates.k8s.io | ${bundles}`],
  },
  {
    plural: bundles,
    ...controller('kube-apiserver-serving-clustertrustbundle-publisher'),
    rules: [
      'attest | certificates.k8s.io | signers | kubernetes.io/kube-apiserver-serving',
      `create update delete list watch | certificates.k8s.io | ${bundles}`,
      recordEvents,
    ],
  },
  {
    plural: requests,
    ...controller('podcertificaterequestcleaner'),
    rules: [`read delete | certificates.k8s.io | ${requests}`],
  },
  {
    plural: migrations,
    ...controller('storage-version-migrator-controller'),
    rules: [
      'list create patch | * | *',
      'get | apiextensions.k8s.io | customresourcedefinitions',
      `update | storagemigration.k8s.io | ${migrations}/status`,
    ],
  },
  {
    plural: groups,
    ...controller('podgroup-protection-controller'),
    rules: [`read update | scheduling.k8s.io | ${groups}`, 'read | core | pods'],
  },
  {
    plural: poolRequests,
    ...controller('resourcepoolstatusrequest-controller'),
    rules: [
      `read delete | resource.k8s.io | ${poolRequests}`,
      `change | resource.k8s.io | ${poolRequests}/status`,
      'read | resource.k8s.io | resourceslices',
      'read | resource.k8s.io | resourceclaims',
      recordEvents,
    ],
  },
];

/** The policy with what these resources need. */
export function withOptional(policy: readonly Default[], plurals: ReadonlySet<string>): Default[] {
  const nodeRules = Object.entries(optionalNodeRules).flatMap(([plural, text]) =>
    plurals.has(plural) ? [rule(text)] : [],
  );
  const extended = policy.map((one) =>
    one.kind.plural === 'clusterroles' && one.object.metadata?.name === 'system:node'
      ? { ...one, object: { ...one.object, rules: [...((one.object as ClusterRole).rules ?? []), ...nodeRules] } }
      : one,
  );
  const own = grants.filter(({ plural }) => plurals.has(plural));
  return [
    ...extended,
    ...defaultsOf(
      clusterRoles,
      own.map(({ name, rules }) => clusterRole(name, rules)),
    ),
    ...defaultsOf(
      clusterRoleBindings,
      own.map(({ name, subject }) => clusterBinding(name, [subject])),
    ),
  ];
}
