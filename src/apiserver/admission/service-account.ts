/**
 * ServiceAccount: every pod runs as a service account of its namespace, and finds that account's token, the cluster's CA and
 * its namespace where client libraries look for them.
 */
import {
  serviceAccounts,
  type Container,
  type Pod,
  type PodSpec,
  type ServiceAccount,
  type Volume,
} from '../../api/mod.ts';
import { sleep, withSuffix, type DeepReadonly } from '../../base/mod.ts';
import { objectKey } from '../../machinery/mod.ts';
import { forbidden, isOfPods, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
const mirror = 'kubernetes.io/config.mirror';
const enforceMountable = 'kubernetes.io/enforce-mountable-secrets';
/** An hour, and seven seconds by which TokenRequest knows who asks. */
const tokenSeconds = 3607;
/** The controller makes the account of a new namespace within moments: worth waiting for. */
const waitsMs = [5, 10, 20, 40, 80, 160, 320, 640];

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  on: ['pods'],
  mutate(request) {
    if (!isOfPods(request, 'CREATE')) return;
    const pod = request.draft as Pod;
    if (pod.metadata?.annotations?.[mirror] !== undefined || pod.spec === undefined) return;
    const { spec } = pod;
    if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default';
    return withAccount(request, spec, (account) => {
      const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
      if (automount) mountToken(spec, request);
      const { imagePullSecrets = [] } = account;
      if ((spec.imagePullSecrets ?? []).length === 0 && imagePullSecrets.length > 0)
        spec.imagePullSecrets = imagePullSecrets.map((secret) => ({ ...secret }));
    });
  },
  validate(request) {
    if (!isOfPods(request, 'CREATE')) return;
    const pod = request.draft as Pod;
    const spec = pod.spec;
    if (spec === undefined) return;
    if (pod.metadata?.annotations?.[mirror] !== undefined) return checkMirror(request, spec);
    return withAccount(request, spec, (account) => {
      if (account.metadata.annotations?.[enforceMountable] === 'true') checkReferences(request, spec, account);
    });
  },
};

type Account = DeepReadonly<ServiceAccount>;

/** With the account that a pod runs as; a promise only if that is not there yet. */
function withAccount(
  request: AdmissionRequest,
  { serviceAccountName = '' }: PodSpec,
  use: (account: Account) => void,
): void | Promise<void> {
  const account = accountOf(request, serviceAccountName);
  return account === undefined ? awaited(request, serviceAccountName).then(use) : use(account);
}

function accountOf({ namespace = '', objects }: AdmissionRequest, name: string): Account | undefined {
  return objects.get(serviceAccounts, objectKey(namespace, name));
}

async function awaited(request: AdmissionRequest, name: string): Promise<Account> {
  for (const waitMs of name === 'default' ? waitsMs : []) {
    await sleep(request.clock, waitMs);
    const account = accountOf(request, name);
    if (account !== undefined) return account;
  }
  const where = `service account ${request.namespace ?? ''}/${name}`;
  throw forbidden(request, `error looking up ${where}: serviceaccount "${name}" not found`);
}

function mountToken(spec: PodSpec, { context }: AdmissionRequest): void {
  const present = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix));
  const name = present?.name ?? withSuffix(volumePrefix, context.random, 5);
  const lacking = [...(spec.initContainers ?? []), ...spec.containers].filter(
    ({ volumeMounts = [] }) => !volumeMounts.some((mount) => mount.mountPath === mountPath),
  );
  for (const container of lacking)
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  if (present === undefined && lacking.length > 0) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}

/** A mirror stands for a pod that its node got from elsewhere, without any account. */
function checkMirror(request: AdmissionRequest, spec: PodSpec): void {
  if ((spec.serviceAccountName ?? '') !== '')
    throw forbidden(request, 'a mirror pod may not reference service accounts');
  const volumes = spec.volumes ?? [];
  if (secretNames(spec).size > 0) throw forbidden(request, 'a mirror pod may not reference secrets');
  if (
    volumes.some(
      ({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken !== undefined) === true,
    )
  )
    throw forbidden(request, 'a mirror pod may not use ServiceAccountToken volume projections');
}

function secretNames(spec: PodSpec): Set<string> {
  const names = [
    ...(spec.volumes ?? []).flatMap(({ secret, projected }) => [
      secret?.secretName,
      ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ]),
    ...containersOf(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      ...envFrom.map(({ secretRef }) => secretRef?.name),
    ]),
  ];
  return new Set(names.filter((name) => name !== undefined));
}

function containersOf({ initContainers = [], containers }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}

/** An account that allows only the secrets that it names. */
function checkReferences(request: AdmissionRequest, spec: PodSpec, account: DeepReadonly<ServiceAccount>): void {
  const name = account.metadata.name ?? '';
  const mountable = new Set((account.secrets ?? []).map((secret) => secret.name));
  for (const { secret } of spec.volumes ?? [])
    if (secret !== undefined && !mountable.has(secret.secretName))
      throw forbidden(
        request,
        `volume with secret.secretName="${secret.secretName ?? ''}" is not allowed because service account ${name} does not reference that secret`,
      );
  for (const container of containersOf(spec))
    for (const env of container.env ?? []) {
      const wanted = env.valueFrom?.secretKeyRef?.name;
      if (wanted === undefined || mountable.has(wanted)) continue;
      const what = spec.containers.includes(container) ? 'container' : 'init container';
      throw forbidden(
        request,
        `${what} ${container.name} with envVar ${env.name} referencing secret.secretName="${wanted}" is not allowed because service account ${name} does not reference that secret`,
      );
    }
  const pullable = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name));
  for (const [index, secret] of (spec.imagePullSecrets ?? []).entries())
    if (!pullable.has(secret.name))
      throw forbidden(
        request,
        `imagePullSecrets[${index}].name="${secret.name ?? ''}" is not allowed because service account ${name} does not reference that imagePullSecret`,
      );
}
