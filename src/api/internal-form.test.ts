/** Names, order and zero values of the internal form, as upstream's Go types have them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internalForm } from './internal-form.ts';

test('every field is there, under its Go name', () => {
  assert.equal(
    JSON.stringify(internalForm('io.k8s.api.core.v1.ServicePort', { port: 80, protocol: 'TCP' })),
    '{"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  );
  assert.equal(
    JSON.stringify(internalForm('io.k8s.api.rbac.v1.RoleRef', { apiGroup: 'g', kind: 'Role', name: 'a' })),
    '{"APIGroup":"g","Kind":"Role","Name":"a"}',
  );
});

test('shared types keep their names, and metadata is inlined', () => {
  const form = internalForm('io.k8s.api.core.v1.PodTemplateSpec', {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'a' }], serviceAccount: 'x', hostNetwork: true },
  }) as { labels: unknown; Spec: Record<string, unknown> };
  assert.deepEqual(Object.keys(form), ['labels', 'Spec']);
  assert.equal(form.Spec['DeprecatedServiceAccount'], undefined);
  assert.equal(form.Spec['HostNetwork'], undefined);
  const context = form.Spec['SecurityContext'] as Record<string, unknown>;
  assert.deepEqual(Object.entries(context).slice(0, 6), [
    ['HostNetwork', true],
    ['HostPID', false],
    ['HostIPC', false],
    ['ShareProcessNamespace', null],
    ['HostUsers', null],
    ['SELinuxOptions', null],
  ]);
});

test('fields stand where the internal type has them', () => {
  const keys = Object.keys(internalForm('io.k8s.api.core.v1.PodSpec', {}) as object).join(' ');
  assert.match(
    keys,
    /^Volumes .* NodeSelector ServiceAccountName AutomountServiceAccountToken NodeName SecurityContext /,
  );
  assert.match(keys, / Hostname Subdomain SetHostnameAsFQDN Affinity SchedulerName Tolerations HostAliases /);
  assert.match(
    keys,
    / PriorityClassName Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead /,
  );
});
