/** `kutter kubelet`: the node agent as a program of its own, over any container runtime that speaks CRI v1. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Invocation } from '../cli/mod.ts';
import { EventRecorder } from '../client/mod.ts';
import { CriRuntime } from '../host/cri/mod.ts';
import { linuxKubeletHost } from '../host/kubelet/mod.ts';
import { Kubelet, kubeletConfig, KubeletServer } from '../kubelet/mod.ts';
import { usualConfig } from '../machinery/mod.ts';
import { primaryAddress } from './addresses.ts';
import { readText, runComponent } from './component.ts';
import { serveKubelet } from './kubelet-endpoint.ts';
import { clusterAddresses, usualNetworks } from './networks.ts';
import { defaultNodeName } from './settings.ts';

export function run(invocation: Invocation): Promise<void> {
  return runComponent('kubelet', invocation, async (world) => {
    const directory = invocation.string('data-dir') ?? '';
    const nodeName = invocation.string('node-name') ?? defaultNodeName();
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const runtime = new CriRuntime({ endpoint: invocation.string('runtime-endpoint') ?? '', log: world.log });
    const events = new EventRecorder(world, { component: 'kubelet', host: nodeName });
    const address = primaryAddress();
    const config = kubeletConfig({
      nodeName,
      nodeIPs: address === undefined ? [] : [address],
      clusterDns: { servers: [clusterAddresses(usualNetworks).dnsIp], domain: usualConfig.clusterDomain },
      rootDirectory: directory,
      podLogsDirectory: join(directory, 'logs'),
    });
    const host = await linuxKubeletHost({ rootDirectory: directory, cgroupParent: `/kutter-${nodeName}` });
    const stack = new AsyncDisposableStack();
    const kubelet = stack.use(new Kubelet({ ...world, events, runtime, host, config }));
    await kubelet.start();
    const certificate = invocation.string('tls-cert-file');
    const key = invocation.string('tls-private-key-file');
    if (certificate !== undefined && key !== undefined) {
      const clientCa = invocation.string('client-ca-file');
      const files = {
        certificate: readText(certificate),
        key: readText(key),
        clientCa: clientCa === undefined ? world.access.certificateAuthority : readText(clientCa),
      };
      stack.use(await serveKubelet({ server: new KubeletServer(kubelet), port: config.port, ...files }));
    }
    return stack;
  });
}
