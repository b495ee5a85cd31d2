/** `kutter proxy`: the service proxy as a program of its own. */
import { endpointSlices, services } from '../api/mod.ts';
import type { Invocation } from '../cli/mod.ts';
import { ConntrackTool, NftTool } from '../host/nftables.ts';
import { ServiceProxy } from '../proxy/mod.ts';
import { runComponent } from './component.ts';
import { defaultNodeName } from './settings.ts';

export function run(invocation: Invocation): Promise<void> {
  return runComponent('proxy', invocation, async ({ cache, clock, log }) => {
    const world = {
      services: cache.informer(services),
      endpointSlices: cache.informer(endpointSlices),
      nftables: new NftTool(),
      flows: new ConntrackTool({ log }),
      clock,
      log,
    };
    return new ServiceProxy(world, {
      clusterName: 'kutter',
      nodeName: invocation.string('node-name') ?? defaultNodeName(),
    }).start();
  });
}
