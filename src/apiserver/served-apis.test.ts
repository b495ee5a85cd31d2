import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds, legacyKinds } from '../api/mod.ts';
import type { Kind } from '../machinery/mod.ts';
import { servedKinds, type ServedApis } from './served-apis.ts';

function resources(served: readonly Kind[]): string[] {
  return served
    .flatMap(({ group, versions, plural }) => versions.map(({ version }) => `${group}/${version}/${plural}`))
    .sort();
}

/** What is on with these settings and not without any. */
function added(apis: ServedApis): string[] {
  const usual = new Set(resources(kinds));
  return resources(servedKinds(apis)).filter((one) => !usual.has(one));
}

function removed(apis: ServedApis): string[] {
  const on = new Set(resources(servedKinds(apis)));
  return resources(kinds).filter((one) => !on.has(one));
}

test('a version is switched on with what upstream still serves in it', () => {
  const policies = ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'];
  const inPolicies = (version: string): string[] =>
    policies.map((plural) => `admissionregistration.k8s.io/${version}/${plural}`);
  for (const version of ['v1alpha1', 'v1beta1'])
    assert.deepEqual(added({ runtimeConfig: `admissionregistration.k8s.io/${version}=true` }), inPolicies(version));
  assert.deepEqual(added({ runtimeConfig: 'networking.k8s.io/v1beta1' }), [
    'networking.k8s.io/v1beta1/ipaddresses',
    'networking.k8s.io/v1beta1/servicecidrs',
  ]);
  assert.deepEqual(added({ runtimeConfig: 'storage.k8s.io/v1beta1=1,storage.k8s.io/v1alpha1=true' }), [
    'storage.k8s.io/v1beta1/volumeattributesclasses',
  ]);
  assert.deepEqual(added({ runtimeConfig: 'coordination.k8s.io/v1beta1=T' }), [
    'coordination.k8s.io/v1beta1/leasecandidates',
  ]);
});

test('of what upstream has dropped nothing is switched on, by whatever key', () => {
  const dropped = new Set(resources(legacyKinds));
  for (const key of [
    'api/all',
    'api/beta',
    'api/alpha',
    'extensions/v1beta1',
    'apps/v1beta2',
    'rbac.authorization.k8s.io/v1beta1',
  ])
    assert.deepEqual(
      added({ runtimeConfig: `${key}=true` }).filter((one) => dropped.has(one)),
      [],
      key,
    );
  assert.deepEqual(added({ runtimeConfig: 'certificates.k8s.io/v1beta1/certificatesigningrequests=true' }), []);
});

test('what upstream has dropped is there as a whole, and single versions are switched off', () => {
  assert.deepEqual(added({ legacy: true }), [...new Set(resources(legacyKinds))]);
  const without = added({ legacy: true, runtimeConfig: 'extensions/v1beta1=false,batch/v2alpha1=false' });
  assert.deepEqual(
    without,
    resources(legacyKinds).filter((one) => !/^(extensions\/v1beta1|batch\/v2alpha1)\//.test(one)),
  );
  const both = added({ legacy: true, runtimeConfig: 'certificates.k8s.io/v1beta1=true' });
  assert.ok(both.includes('certificates.k8s.io/v1beta1/clustertrustbundles'));
  assert.ok(both.includes('certificates.k8s.io/v1beta1/certificatesigningrequests'));
});

test('the more special a key, the more it counts, whatever their order', () => {
  assert.deepEqual(removed({ runtimeConfig: 'apps/v1/daemonsets=false,apps/v1=true,' }), ['apps/v1/daemonsets']);
  assert.deepEqual(removed({ runtimeConfig: ' apps/v1 = false , apps/v1/daemonsets = t' }), [
    'apps/v1/controllerrevisions',
    'apps/v1/deployments',
    'apps/v1/replicasets',
    'apps/v1/statefulsets',
  ]);
  assert.deepEqual(removed({ runtimeConfig: 'api/all=false,api/ga=true' }), []);
  assert.deepEqual(resources(servedKinds({ runtimeConfig: '/v1/secrets=true,api/all=false' })), ['/v1/secrets']);
  const betas = added({ runtimeConfig: 'api/all=true,api/alpha=false' });
  assert.ok(betas.length > 0 && betas.every((one) => /\/v\d+beta\d+\//.test(one)));
  assert.deepEqual(added({ runtimeConfig: 'api/beta=true' }), betas);
});

test('what makes no sense is refused in the words of upstream', () => {
  const refused = (runtimeConfig: string, message: string, legacy = false): void =>
    assert.throws(() => servedKinds({ runtimeConfig, legacy }), { code: 'RuntimeConfig', message });
  refused('api/all=false', 'invalid key with only api/all=false');
  refused('nowhere/v1=true', 'unknown api groups nowhere');
  refused('nowhere/v1,apps/v1,nowhere/v2', 'unknown api groups nowhere,nowhere');
  refused('api/v1=true', 'unknown api groups api');
  refused('v1=true', 'runtime-config invalid key v1');
  refused('apiall=true', 'runtime-config invalid key apiall');
  refused(' ', 'runtime-config invalid key ');
  refused('apps/v1/deployments/scale', 'runtime-config invalid key apps/v1/deployments/scale');
  refused('api/beta', 'invalid value api/beta=');
  refused('api/all=1', 'invalid value api/all=1');
  refused('api/ga=True,apps/v9', 'invalid value api/ga=True');
  refused('apps/v9=true', 'group version apps/v9 that has not been registered');
  refused('/v2=true', 'group version v2 that has not been registered');
  refused(
    'apps/v1/Deployments=false',
    'invalid key apps/v1/Deployments: group/version/resource and resource is always lowercase plural, not "Deployments"',
  );
  refused(
    'apps/v1=perhaps',
    'invalid value of apps/v1: perhaps, err: strconv.ParseBool: parsing "perhaps": invalid syntax',
  );
  const forgotten = 'batch/v2alpha1=true';
  refused(forgotten, 'group version batch/v2alpha1 that has not been registered');
  assert.deepEqual(added({ runtimeConfig: 'batch/v1beta1,admission.k8s.io/v1,imagepolicy.k8s.io/v1alpha1' }), []);
  assert.ok(added({ runtimeConfig: forgotten, legacy: true }).includes('batch/v2alpha1/cronjobs'));
});
