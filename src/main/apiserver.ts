/** `kutter apiserver`: store and API server as a program of their own. Writes an admin.conf beside its certificates. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountIssuer } from '../apiserver/mod.ts';
import { errorText } from '../base/mod.ts';
import { withContext, type Invocation } from '../cli/mod.ts';
import { HttpsNodeConnections } from '../host/http/mod.ts';
import { apiServerNames, Pki, requests, type CertificateRequest } from '../host/pki/mod.ts';
import { systemClock, systemRandom } from '../host/system.ts';
import { usualConfig } from '../machinery/mod.ts';
import { primaryAddress } from './addresses.ts';
import { authFlags, openAuth } from './auth.ts';
import { openRequests, requestFlags } from './requests.ts';
import { componentLog, untilEnd } from './component.ts';
import { ControlPlane } from './control-plane.ts';
import { clusterAddresses, usualNetworks } from './networks.ts';
import { defaultNodeName } from './settings.ts';
import { checkStore, openStore } from './stores.ts';

/** kubeconfigs that are written for the other components, by file. */
const configs: Readonly<Record<string, CertificateRequest>> = {
  'admin.conf': requests.superAdmin,
  'controller-manager.conf': requests.controllerManager,
  'scheduler.conf': requests.scheduler,
  'proxy.conf': requests.proxy,
  'kubelet.conf': requests.node(defaultNodeName()),
};

export async function run(invocation: Invocation): Promise<void> {
  const log = componentLog(invocation).with({ component: 'apiserver' });
  const directory = invocation.string('data-dir') ?? '';
  const port = invocation.integer('api-port') ?? 6443;
  const address = invocation.string('advertise-address') ?? primaryAddress() ?? '127.0.0.1';
  const { clusterDomain, nodePortRange } = usualConfig;
  const { serviceCidr } = usualNetworks;
  const { serviceIp } = clusterAddresses(usualNetworks);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const names = apiServerNames({ clusterDomain, serviceIp, more: [defaultNodeName(), address] });
  const pki = await Pki.open({ keep: { directory: join(directory, 'pki') }, clock: systemClock, names });
  const onFatal = (error: Error): void => {
    log.error('the API server cannot go on', { error: errorText(error) });
    process.exit(1);
  };
  await using stack = new AsyncDisposableStack();
  const requestWorld = { clock: systemClock, random: systemRandom, log, stack };
  const handling = await openRequests(requestFlags(invocation), requestWorld);
  const store = await openStore(checkStore(invocation.string('store') ?? 'embedded'), {
    clock: systemClock,
    random: systemRandom,
    log,
    directory: join(directory, 'store'),
    onFatal,
    transformer: handling.transformer,
  });
  stack.defer(() => store.close());
  const nodes = new HttpsNodeConnections({
    ca: pki.ca,
    cert: pki.kubeletClient.certificate,
    key: pki.kubeletClient.key,
  });
  const connections = stack.use(new DisposableStack());
  const issuer = accountIssuer(clusterDomain);
  const auth = await openAuth(authFlags(invocation), {
    clock: systemClock,
    random: systemRandom,
    log,
    issuer,
    connections,
  });
  const plane = stack.use(
    await ControlPlane.start({
      store,
      pki,
      config: { serviceCidr, nodePortRange, clusterDomain },
      clock: systemClock,
      random: systemRandom,
      log,
      host: '0.0.0.0',
      port,
      advertise: address,
      auth,
      handling,
      apis: handling.apis,
      admission: handling.admission,
      paths: [],
      health: handling.health,
      nodes,
    }),
  );
  await plane.begin({ address, port: plane.http.port, serviceIp });
  await writeConfigs(directory, pki, plane.http.port);
  // With what a kubelet on this machine serves its port: pki/kubelet-server.crt and .key.
  await pki.credential('kubelet-server', requests.kubeletServing(defaultNodeName(), [address, '127.0.0.1']));
  log.info('started', { port: plane.http.port, kubeconfig: join(directory, 'admin.conf') });
  await untilEnd();
}

/** A kubeconfig for each of the other components. */
async function writeConfigs(directory: string, pki: Pki, port: number): Promise<void> {
  for (const [file, request] of Object.entries(configs)) {
    const { certificate, key } = await pki.credential(file.replace('.conf', ''), request);
    const entry = {
      name: 'kutter',
      server: `https://127.0.0.1:${port}`,
      certificateAuthority: pki.ca,
      clientCertificate: certificate,
      clientKey: key,
    };
    await writeFile(join(directory, file), withContext('', entry), { mode: 0o600 });
  }
}
