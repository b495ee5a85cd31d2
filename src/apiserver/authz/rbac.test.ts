import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../base/mod.ts';
import type { UserInfo } from '../../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../../store/mod.ts';
import { stamp } from '../stamp.ts';
import type { Attributes } from './authorizer.ts';
import { RbacAuthorizer } from './rbac.ts';
import { compactRules, ruleText, uncovered, type Rule } from './rules.ts';

const collections = {
  ClusterRole: '/registry/clusterroles/',
  ClusterRoleBinding: '/registry/clusterrolebindings/',
  Role: '/registry/roles/',
  RoleBinding: '/registry/rolebindings/',
};

interface Policy {
  readonly kind: keyof typeof collections;
  readonly name: string;
  readonly namespace?: string;
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

async function storeOf(policies: readonly Policy[]): Promise<LocalStore> {
  const store = await LocalStore.open({
    clock: new VirtualClock({ rest: () => Promise.resolve() }),
    limits: defaultLimits,
    stamp,
  });
  for (const policy of policies) await put(store, policy);
  return store;
}

async function put(store: LocalStore, { kind, name, namespace, ...rest }: Policy, remove = false): Promise<void> {
  const value = { kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, ...rest };
  await store.commit([
    {
      collection: collections[kind],
      name: namespace === undefined ? name : `${namespace}/${name}`,
      value: remove ? undefined : value,
    },
  ]);
}

const user = (username: string, ...groups: string[]): UserInfo => ({ username, groups });

function ask(who: UserInfo, verb: string, what: string, more: Partial<Attributes> = {}): Attributes {
  const [resource = '', subresource = ''] = what.split('/');
  return { user: who, verb, group: '', version: 'v1', resource, subresource, namespace: '', name: '', ...more };
}

const pods: Rule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };

test('a cluster role through a cluster binding, and the reason', async () => {
  const rbac = new RbacAuthorizer(
    await storeOf([
      { kind: 'ClusterRole', name: 'y', rules: [pods] },
      {
        kind: 'ClusterRoleBinding',
        name: 'x',
        roleRef: { kind: 'ClusterRole', name: 'y' },
        subjects: [
          { kind: 'Group', name: 'other' },
          { kind: 'User', name: 'Z' },
        ],
      },
    ]),
  );
  const z = user('Z');
  assert.deepEqual(rbac.authorize(ask(z, 'get', 'pods')), {
    verdict: 'allow',
    reason: 'RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "Z"',
  });
  assert.equal(rbac.authorize(ask(z, 'list', 'pods', { namespace: 'any' })).verdict, 'allow');
  assert.deepEqual(rbac.authorize(ask(z, 'delete', 'pods')), { verdict: 'no-opinion', reason: '' });
  assert.equal(rbac.authorize(ask(z, 'get', 'pods/log')).verdict, 'no-opinion');
  assert.equal(rbac.authorize(ask(z, 'get', 'pods', { group: 'apps' })).verdict, 'no-opinion');
  assert.equal(rbac.authorize(ask(user('z', 'other'), 'get', 'pods')).verdict, 'allow');
});

test('bindings in a namespace hold there only, to accounts of any namespace', async () => {
  const rbac = new RbacAuthorizer(
    await storeOf([
      { kind: 'ClusterRole', name: 'y', rules: [pods] },
      { kind: 'Role', name: 'r', namespace: 'a', rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] },
      {
        kind: 'RoleBinding',
        name: 'x',
        namespace: 'a',
        roleRef: { kind: 'ClusterRole', name: 'y' },
        subjects: [{ kind: 'ServiceAccount', name: 's' }],
      },
      {
        kind: 'RoleBinding',
        name: 'all',
        namespace: 'a',
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [{ kind: 'ServiceAccount', name: 's', namespace: 'b' }],
      },
      {
        kind: 'RoleBinding',
        name: 'lost',
        namespace: 'a',
        roleRef: { kind: 'Role', name: 'gone' },
        subjects: [{ kind: 'User', name: 'u' }],
      },
      {
        kind: 'ClusterRoleBinding',
        name: 'lost',
        roleRef: { kind: 'ClusterRole', name: 'gone' },
        subjects: [{ kind: 'User', name: 'u' }],
      },
    ]),
  );
  const own = user('system:serviceaccount:a:s');
  assert.equal(
    rbac.authorize(ask(own, 'get', 'pods', { namespace: 'a' })).reason,
    'RBAC: allowed by RoleBinding "x/a" of ClusterRole "y" to ServiceAccount "s/a"',
  );
  assert.equal(rbac.authorize(ask(own, 'get', 'pods', { namespace: 'b' })).verdict, 'no-opinion');
  assert.equal(rbac.authorize(ask(own, 'get', 'pods')).verdict, 'no-opinion');
  assert.equal(
    rbac.authorize(ask(user('system:serviceaccount:b:s'), 'delete', 'secrets', { namespace: 'a' })).verdict,
    'allow',
  );
  const u = user('u');
  assert.equal(
    rbac.authorize(ask(u, 'get', 'pods')).reason,
    'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
  );
  assert.equal(
    rbac.authorize(ask(u, 'get', 'pods', { namespace: 'a' })).reason,
    'RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "gone" not found]',
  );
});

test('names, subresources and paths', async () => {
  const rbac = new RbacAuthorizer(
    await storeOf([
      {
        kind: 'ClusterRole',
        name: 'y',
        rules: [
          { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['one', 'two'] },
          { verbs: ['update'], apiGroups: ['*'], resources: ['*/scale'] },
          { verbs: ['get'], nonResourceURLs: ['/metrics', '/healthz/*'] },
          { verbs: ['post'], nonResourceURLs: ['*'] },
        ],
      },
      {
        kind: 'ClusterRoleBinding',
        name: 'x',
        roleRef: { kind: 'ClusterRole', name: 'y' },
        subjects: [{ kind: 'User', name: 'u' }],
      },
    ]),
  );
  const u = user('u');
  const allowed = (attributes: Attributes): boolean => rbac.authorize(attributes).verdict === 'allow';
  assert.ok(allowed(ask(u, 'get', 'configmaps', { name: 'one' })));
  assert.ok(allowed(ask(u, 'get', 'configmaps', { name: 'two' })));
  assert.ok(!allowed(ask(u, 'get', 'configmaps', { name: 'three' })));
  assert.ok(!allowed(ask(u, 'get', 'configmaps')));
  assert.ok(allowed(ask(u, 'update', 'deployments/scale', { group: 'apps' })));
  assert.ok(!allowed(ask(u, 'update', 'deployments', { group: 'apps' })));
  assert.ok(!allowed(ask(u, 'update', 'scale')));
  assert.ok(allowed(ask(u, 'get', '', { path: '/metrics' })));
  assert.ok(!allowed(ask(u, 'get', '', { path: '/metrics/slis' })));
  assert.ok(allowed(ask(u, 'get', '', { path: '/healthz/etcd' })));
  assert.ok(!allowed(ask(u, 'get', '', { path: '/healthz' })));
  assert.ok(allowed(ask(u, 'post', '', { path: '/anything' })));
});

test('a change counts from the next request on', async () => {
  const store = await storeOf([]);
  const rbac = new RbacAuthorizer(store);
  const u = user('u');
  const allowed = (): boolean => rbac.authorize(ask(u, 'get', 'pods', { namespace: 'a' })).verdict === 'allow';
  const binding: Policy = {
    kind: 'RoleBinding',
    name: 'x',
    namespace: 'a',
    roleRef: { kind: 'ClusterRole', name: 'y' },
    subjects: [{ kind: 'User', name: 'u' }],
  };
  assert.ok(!allowed());
  await put(store, { kind: 'ClusterRole', name: 'y', rules: [pods] });
  assert.ok(!allowed());
  await put(store, binding);
  assert.ok(allowed());
  await put(store, { kind: 'ClusterRole', name: 'y', rules: [] });
  assert.ok(!allowed());
  await put(store, { kind: 'ClusterRole', name: 'y', rules: [pods] });
  assert.ok(allowed());
  await put(store, binding, true);
  assert.ok(!allowed());
});

/** The rules of RBAC as one says them, without any index or cache. */
function naive(
  policies: readonly Policy[],
  { user: who, verb, group, resource, subresource, namespace, name }: Attributes,
): boolean {
  const has = (list: readonly string[] | undefined, value: string): boolean =>
    (list ?? []).some((item) => item === value || item === '*');
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return policies.some((binding) => {
    if (binding.kind !== 'ClusterRoleBinding' && binding.kind !== 'RoleBinding') return false;
    if (binding.kind === 'RoleBinding' && binding.namespace !== namespace) return false;
    const subject = binding.subjects?.some((s) =>
      s.kind === 'User' ? s.name === who.username : who.groups.includes(s.name),
    );
    if (subject !== true) return false;
    const role = policies.find(
      (p) =>
        p.kind === binding.roleRef?.kind &&
        p.name === binding.roleRef.name &&
        (p.kind === 'ClusterRole' || p.namespace === binding.namespace),
    );
    return (role?.rules ?? []).some((r) => {
      const resources =
        has(r.resources, combined) || (subresource !== '' && (r.resources ?? []).includes(`*/${subresource}`));
      return (
        has(r.verbs, verb) &&
        has(r.apiGroups, group) &&
        resources &&
        ((r.resourceNames ?? []).length === 0 || (r.resourceNames ?? []).includes(name))
      );
    });
  });
}

const some = (...values: string[]): fc.Arbitrary<string[]> => fc.subarray(values, { minLength: 1 });
const namespaces = ['n1', 'n2'];
const ruleArbitrary: fc.Arbitrary<Rule> = fc.record({
  verbs: some('get', 'list', '*'),
  apiGroups: some('', 'apps', '*'),
  resources: some('pods', 'pods/log', '*/log', 'secrets', '*'),
  resourceNames: fc.subarray(['a', 'b']),
});
const subjectArbitrary = fc.constantFrom(
  { kind: 'User', name: 'u1' },
  { kind: 'User', name: 'u2' },
  { kind: 'Group', name: 'g1' },
  { kind: 'Group', name: 'g2' },
);
const roleRefArbitrary = (kinds: readonly string[]): fc.Arbitrary<{ kind: string; name: string }> =>
  fc.record({ kind: fc.constantFrom(...kinds), name: fc.constantFrom('r1', 'r2', 'r3') });
const policyArbitrary: fc.Arbitrary<Policy> = fc.oneof(
  fc.record({
    kind: fc.constant('ClusterRole' as const),
    name: fc.constantFrom('r1', 'r2'),
    rules: fc.array(ruleArbitrary, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('Role' as const),
    name: fc.constantFrom('r1', 'r2'),
    namespace: fc.constantFrom(...namespaces),
    rules: fc.array(ruleArbitrary, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('ClusterRoleBinding' as const),
    name: fc.constantFrom('b1', 'b2'),
    roleRef: roleRefArbitrary(['ClusterRole']),
    subjects: fc.array(subjectArbitrary, { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('RoleBinding' as const),
    name: fc.constantFrom('b1', 'b2'),
    namespace: fc.constantFrom(...namespaces),
    roleRef: roleRefArbitrary(['ClusterRole', 'Role']),
    subjects: fc.array(subjectArbitrary, { maxLength: 2 }),
  }),
);
const users = [user('u1', 'g1'), user('u2'), user('u3', 'g1', 'g2')];
const requests = users.flatMap((who) =>
  ['get', 'delete'].flatMap((verb) =>
    ['pods', 'pods/log', 'secrets'].flatMap((what) =>
      ['', ...namespaces].flatMap((namespace) =>
        ['', 'a'].flatMap((name) => ['', 'apps'].map((group) => ask(who, verb, what, { namespace, name, group }))),
      ),
    ),
  ),
);

test('decisions are those of the naive model, while policies come, change and go', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ policy: policyArbitrary, remove: fc.boolean() }), { maxLength: 12 }),
      async (steps) => {
        const store = await storeOf([]);
        const rbac = new RbacAuthorizer(store);
        const model = new Map<string, Policy>();
        for (const { policy, remove } of steps) {
          const key = `${policy.kind} ${policy.namespace ?? ''} ${policy.name}`;
          const gone = remove && model.delete(key);
          if (!gone) model.set(key, policy);
          await put(store, policy, gone);
          for (const request of requests)
            assert.equal(
              rbac.authorize(request).verdict === 'allow',
              naive([...model.values()], request),
              JSON.stringify(request),
            );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('what is not held is found, one verb on one thing at a time', () => {
  const held: Rule[] = [
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', '*/scale'] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] },
    { verbs: ['get'], nonResourceURLs: ['/apis/*'] },
  ];
  const texts = (...rules: Rule[]): string[] => compactRules(uncovered(rules, held)).map(ruleText);
  assert.deepEqual(texts({ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['x'] }), []);
  assert.deepEqual(
    texts(
      { verbs: ['get'], apiGroups: [''], resources: ['rs/scale'] },
      { verbs: ['get'], nonResourceURLs: ['/apis/apps', '/apis/a*'] },
    ),
    [],
  );
  assert.deepEqual(texts({ verbs: ['get', 'watch', 'delete'], apiGroups: [''], resources: ['pods'] }), [
    '{APIGroups:[""], Resources:["pods"], Verbs:["watch" "delete"]}',
  ]);
  assert.deepEqual(texts({ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a', 'b'] }), [
    '{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get"]}',
  ]);
  assert.deepEqual(texts({ verbs: ['get'], apiGroups: [''], resources: ['secrets'] }), [
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
  ]);
  assert.deepEqual(texts({ verbs: ['*'], nonResourceURLs: ['*'] }), ['{NonResourceURLs:["*"], Verbs:["*"]}']);
});
