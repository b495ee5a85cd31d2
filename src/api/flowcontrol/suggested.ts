/**
 * The configuration of fairness that a new cluster starts with. Administrators may change or delete these, unlike the
 * mandatory ones; the API server brings back what is missing.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import type {
  FlowcontrolV1Subject,
  FlowSchemaSpec,
  PriorityLevelConfigurationSpec,
  ResourcePolicyRule,
} from '../upstream/types.ts';

function queued(
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queues = 128,
  handSize = 6,
): PriorityLevelConfigurationSpec {
  const limitResponse = { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } };
  return { type: 'Limited', limited: { nominalConcurrencyShares, limitResponse, lendablePercent } };
}

export const suggestedPriorityLevels: Readonly<Record<string, DeepReadonly<PriorityLevelConfigurationSpec>>> = {
  system: queued(30, 33, 64),
  'node-high': queued(40, 25, 64),
  'leader-election': queued(10, 0, 16, 4),
  'workload-high': queued(40, 50),
  'workload-low': queued(100, 90),
  'global-default': queued(20, 50),
};

const groups = (...names: readonly string[]): FlowcontrolV1Subject[] =>
  names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: readonly string[]): FlowcontrolV1Subject[] =>
  names.map((name) => ({ kind: 'User', user: { name } }));
const kubeSystemAccounts = (...names: readonly string[]): FlowcontrolV1Subject[] =>
  names.map((name) => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } }));

function inNamespaces(verbs: string[], apiGroup: string, resources: string[]): ResourcePolicyRule {
  return { verbs, apiGroups: [apiGroup], resources, namespaces: ['*'] };
}

const everyone = groups('system:unauthenticated', 'system:authenticated');

interface Flow {
  readonly level: string;
  readonly precedence: number;
  readonly by?: 'ByUser' | 'ByNamespace';
  readonly subjects: FlowcontrolV1Subject[];
  /** Everything unless said otherwise. */
  readonly resourceRules?: ResourcePolicyRule[];
}

function flow({ level, precedence, by = 'ByUser', subjects, resourceRules }: Flow): FlowSchemaSpec {
  const all = {
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  };
  return {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    distinguisherMethod: { type: by },
    rules: [{ subjects, ...(resourceRules === undefined ? all : { resourceRules }) }],
  };
}

export const suggestedFlowSchemas: Readonly<Record<string, DeepReadonly<FlowSchemaSpec>>> = {
  'system-nodes': flow({ level: 'system', precedence: 500, subjects: groups('system:nodes') }),
  'system-node-high': flow({
    level: 'node-high',
    precedence: 400,
    subjects: groups('system:nodes'),
    resourceRules: [
      { ...inNamespaces(['*'], '', ['nodes', 'nodes/status']), clusterScope: true },
      inNamespaces(['*'], 'coordination.k8s.io', ['leases']),
    ],
  }),
  // Whether the server is alive must be seen when it has too much to do.
  probes: {
    priorityLevelConfiguration: { name: 'exempt' },
    matchingPrecedence: 2,
    rules: [
      {
        subjects: everyone,
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
      },
    ],
  },
  'system-leader-election': flow({
    level: 'leader-election',
    precedence: 100,
    subjects: [...users('system:kube-controller-manager', 'system:kube-scheduler'), ...kubeSystemAccounts('*')],
    resourceRules: [inNamespaces(['get', 'create', 'update'], 'coordination.k8s.io', ['leases'])],
  }),
  'kube-controller-manager': flow({
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: users('system:kube-controller-manager'),
  }),
  'kube-scheduler': flow({
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: users('system:kube-scheduler'),
  }),
  'kube-system-service-accounts': flow({
    level: 'workload-high',
    precedence: 900,
    by: 'ByNamespace',
    subjects: kubeSystemAccounts('*'),
  }),
  'service-accounts': flow({
    level: 'workload-low',
    precedence: 9000,
    subjects: groups('system:serviceaccounts'),
  }),
  'global-default': flow({ level: 'global-default', precedence: 9900, subjects: everyone }),
};
