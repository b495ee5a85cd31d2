/** This machine as a node of the cluster: containerd, pod network, kubelet, service proxy and cluster DNS. */
import { join } from 'node:path';
import { endpointSlices, namespaces, nodes, services } from '../api/mod.ts';
import { errorText, type Clock, type DeepReadonly, type Log, type Random } from '../base/mod.ts';
import { EventRecorder, InformerCache, type Client } from '../client/mod.ts';
import { clusterDnsObjects, DnsServer } from '../dns/mod.ts';
import { startContainerd, superviseContainerd } from '../host/containerd/mod.ts';
import { CriRuntime } from '../host/cri/mod.ts';
import { DnsSockets } from '../host/dns-sockets.ts';
import { hostArchitecture, pauseImage, pauseImageName, storeImage } from '../host/images/mod.ts';
import { linuxKubeletHost } from '../host/kubelet/mod.ts';
import { IpTool } from '../host/network.ts';
import { ConntrackTool, NftTool } from '../host/nftables.ts';
import { requests, type Pki } from '../host/pki/mod.ts';
import { Kubelet, kubeletConfig, KubeletServer } from '../kubelet/mod.ts';
import { isApiError, type KubeObject, type Resource } from '../machinery/mod.ts';
import { PodNetwork } from '../network/mod.ts';
import { ServiceProxy } from '../proxy/mod.ts';
import { primaryAddress } from './addresses.ts';
import type { ClientFor } from './cluster.ts';
import { serveKubelet } from './kubelet-endpoint.ts';
import type { LocalNodes } from './node-connections.ts';
import { podNetworkOptions } from './pod-network.ts';
import { cgroupParent, containerdOptions, runtimeEndpoint } from './runtime.ts';
import { clusterAddresses } from './networks.ts';
import type { ClusterPaths, ClusterSettings } from './settings.ts';

export interface NodeWorld {
  readonly settings: ClusterSettings;
  readonly paths: ClusterPaths;
  readonly pki: Pki;
  readonly localNodes: LocalNodes;
  readonly clientFor: ClientFor;
  readonly cache: InformerCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const dnsPort = 53;

/** The container runtime, ready for pods: our own containerd with the pause image in it, or the one the user named. */
export async function startRuntime(
  { settings, paths, log }: Pick<NodeWorld, 'settings' | 'paths' | 'log'>,
  stack: AsyncDisposableStack,
): Promise<CriRuntime> {
  const endpoint = runtimeEndpoint(settings, paths);
  const runtime = new CriRuntime({ endpoint, log });
  stack.defer(() => runtime.close());
  if (settings.runtimeEndpoint !== undefined) return runtime;
  const options = containerdOptions(settings, paths, log);
  await startContainerd(options);
  stack.use(superviseContainerd(options));
  const isKnown = async (name: string): Promise<boolean> => (await runtime.imageStatus(name)) !== undefined;
  if (!(await isKnown(pauseImageName))) await storeImage(pauseImage(hostArchitecture()), { endpoint, isKnown });
  return runtime;
}

/** Resolves when the node is registered and has its network, proxy and DNS. */
export async function startNode(world: NodeWorld, runtime: CriRuntime, stack: AsyncDisposableStack): Promise<void> {
  const { settings, paths, clock, random, log, cache } = world;
  const { nodeName } = settings;
  const client = world.clientFor(`system:node:${nodeName}`, ['system:nodes']);
  const events = new EventRecorder({ client, clock, log }, { component: 'kubelet', host: nodeName });
  const kubeletCache = stack.use(new InformerCache({ client, clock, log }));
  const addresses = clusterAddresses(settings);
  const address = primaryAddress() ?? addresses.gateway;
  const config = kubeletConfig({
    nodeName,
    nodeIPs: [address],
    clusterDns: { servers: [addresses.dnsIp], domain: settings.clusterDomain },
    rootDirectory: paths.kubelet,
    podLogsDirectory: join(paths.dataDir, 'logs', 'pods'),
    // The disk is the user's own: a full one must not cost the cluster its pods and the images that were loaded by hand.
    evictionHard: { memoryBytes: 100 * 1024 * 1024, diskFraction: 0, inodesFraction: 0, pidsFraction: 0.03 },
    imageGcHighPercent: 100,
    imageGcLowPercent: 100,
  });
  const host = await linuxKubeletHost({ rootDirectory: paths.kubelet, cgroupParent: cgroupParent(settings) });
  const kubelet = stack.use(
    new Kubelet({
      client,
      cache: kubeletCache,
      events,
      runtime,
      host,
      clock,
      random,
      log: log.with({ component: 'kubelet' }),
      config,
    }),
  );
  // A node that was there before has its network before its pods come back; a new one is given it once it is known.
  const informer = cache.informer(nodes);
  await informer.reached(0);
  const isNew = informer.get(nodeName)?.spec?.podCIDR === undefined;
  const start = (): Promise<unknown> => Promise.all([kubelet.start(), serveNode(world, kubelet, stack)]);
  const starting = isNew ? start() : undefined;
  const nodeCidr = await podCidrOf(cache, nodeName);
  const network = new PodNetwork({ host: new IpTool(), log }, podNetworkOptions(settings, paths, nodeCidr));
  await network.start();
  await (starting ?? start());
  const dns = await startDns(world, network.plan.gateway);
  stack.use(dns);
  const nftables = new NftTool();
  const proxyWorld = {
    services: cache.informer(services),
    endpointSlices: cache.informer(endpointSlices),
    nftables,
    flows: new ConntrackTool({ log }),
    clock,
    log: log.with({ component: 'proxy' }),
  };
  const proxy = stack.use(
    new ServiceProxy(proxyWorld, { clusterName: settings.name, nodeName, podCidr: settings.podCidr }).start(),
  );
  await proxy.settled();
}

/** The API server of this process asks the kubelet directly; others, such as metrics collectors, over its port. */
async function serveNode(
  { settings, pki, localNodes, log }: NodeWorld,
  kubelet: Kubelet,
  stack: AsyncDisposableStack,
): Promise<void> {
  const server = new KubeletServer(kubelet);
  stack.use(localNodes.add(settings.nodeName, server));
  const names = [primaryAddress() ?? clusterAddresses(settings).gateway, '127.0.0.1'];
  const serving = await pki.credential('kubelet', requests.kubeletServing(settings.nodeName, names));
  try {
    stack.use(
      await serveKubelet({
        server,
        port: kubelet.world.config.port,
        certificate: serving.certificate,
        key: serving.key,
        clientCa: pki.ca,
      }),
    );
  } catch (error) {
    // Another kubelet of this machine has the port. Nothing of the cluster depends on it.
    log.warn('the kubelet is not served on its port', { error: errorText(error) });
  }
}

/** Waits until the node has been given its share of the pod network. */
function podCidrOf(cache: InformerCache, nodeName: string): Promise<string> {
  const informer = cache.informer(nodes);
  const given = Promise.withResolvers<string>();
  const look = (): void => {
    const cidr = informer.get(nodeName)?.spec?.podCIDR;
    if (cidr !== undefined) given.resolve(cidr);
  };
  const subscription = informer.subscribe(look);
  look();
  return given.promise.finally(() => subscription[Symbol.dispose]());
}

async function startDns(
  { settings, cache, clientFor, clock, random, log }: NodeWorld,
  gateway: string,
): Promise<DnsServer> {
  const { dnsIp } = clusterAddresses(settings);
  const server = new DnsServer(
    {
      namespaces: cache.informer(namespaces),
      services: cache.informer(services),
      endpointSlices: cache.informer(endpointSlices),
      host: new DnsSockets(),
      clock,
      random,
      log: log.with({ component: 'dns' }),
    },
    { listen: [{ address: gateway, port: dnsPort }], domain: settings.clusterDomain, clusterIp: dnsIp },
  );
  await server.start();
  const client = clientFor('system:apiserver', ['system:masters']);
  const objects = clusterDnsObjects({
    clusterIp: dnsIp,
    servers: [{ address: gateway, nodeName: settings.nodeName }],
    port: dnsPort,
  });
  await ensure(client, services, objects.service);
  await ensure(client, endpointSlices, objects.endpointSlice);
  return server;
}

/** Creates an object that is not there yet. */
async function ensure<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
): Promise<DeepReadonly<T> | undefined> {
  try {
    return await client.create(resource, object);
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return undefined;
    throw error;
  }
}
