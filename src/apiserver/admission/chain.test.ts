import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenPlugins } from './chain.ts';

const dynamic = [
  'MutatingAdmissionPolicy',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionWebhook',
].map((name) => ({ name }));

/** kube-apiserver 1.36: every plugin in the order in which they run; those with a dash do not run unless they are asked for. */
const upstream = `
  -AlwaysAdmit -NamespaceAutoProvision NamespaceLifecycle -NamespaceExists -LimitPodHardAntiAffinityTopology LimitRanger
  ServiceAccount -NodeRestriction TaintNodesByCondition -AlwaysPullImages -ImagePolicyWebhook PodSecurity -PodNodeSelector
  Priority DefaultTolerationSeconds -PodTolerationRestriction -EventRateLimit -ExtendedResourceToleration
  DefaultStorageClass StorageObjectInUseProtection PodGroupProtection -OwnerReferencesPermissionEnforcement
  PersistentVolumeClaimResize RuntimeClass CertificateApproval CertificateSigning ClusterTrustBundleAttest
  CertificateSubjectRestriction DefaultIngressClass -DenyServiceExternalIPs PodTopologyLabels PodGroupWorkloadExists
  NodeDeclaredFeatureValidator JobValidation PodResizeValidator MutatingAdmissionPolicy MutatingAdmissionWebhook
  ValidatingAdmissionPolicy ValidatingAdmissionWebhook ResourceQuota -AlwaysDeny`
  .trim()
  .split(/\s+/);

const names = (choice: Parameters<typeof chosenPlugins>[0]): string[] =>
  chosenPlugins(choice, dynamic).map(({ name }) => name);

void test("plugins have upstream's names and order", () => {
  const all = upstream.map((name) => name.replace('-', ''));
  const connect = (): never => assert.fail('nobody is asked');
  const limits = [{ type: 'Server', qps: 1, burst: 1 }];
  const configurations = { EventRateLimit: { limits } };
  const enabled = all.filter((name) => name !== 'ImagePolicyWebhook');
  assert.deepEqual(names({ enabled, configurations, connect }), enabled);
  // Without it a kubelet's credentials are good for every node: as kubeadm, and unlike the bare program, it always runs.
  const usual = upstream.filter((name) => !name.startsWith('-') || name === '-NodeRestriction');
  assert.deepEqual(
    names({}),
    usual.map((name) => name.replace('-', '')),
  );
  assert.deepEqual(names({ disabled: all }), []);
});

void test('plugins that cannot do without a configuration say so at the start', () => {
  const start = (name: string, configuration?: object): void =>
    void chosenPlugins(
      {
        enabled: [name],
        configurations: configuration === undefined ? {} : { [name]: configuration as Record<string, never> },
        connect: () => assert.fail('what is wrong is found first'),
      },
      dynamic,
    );
  for (const [name, configuration, message] of [
    ['EventRateLimit', undefined, 'limits: Invalid value: null: must not be empty'],
    [
      'EventRateLimit',
      {
        limits: [
          { type: 'Pod', burst: 0 },
          { type: 'User', qps: 1, burst: 1, cacheSize: -1 },
        ],
      },
      '[limits[0].type: Unsupported value: "Pod": supported values: "Server", "Namespace", "User", "SourceAndObject", limits[0].burst: Invalid value: 0: must be positive, limits[0].qps: Invalid value: 0: must be positive, limits[1].cacheSize: Invalid value: -1: must not be negative]',
    ],
    ['ImagePolicyWebhook', undefined, 'no config specified'],
    ['ImagePolicyWebhook', { imagePolicy: { allowTTL: 3600 } }, 'valid value is between 1s and 30m0s, got 1h0m0s'],
    [
      'ImagePolicyWebhook',
      { imagePolicy: { retryBackoff: 300_001 } },
      'valid value is between 1ns and 5m0s, got 5m0.001s',
    ],
  ] as const)
    assert.throws(() => start(name, configuration), {
      code: 'Configuration',
      message: `couldn't init admission plugin "${name}": ${message}`,
    });
});
