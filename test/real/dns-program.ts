/**
 * The DNS server as a program, for the test that runs it inside a namespace: the objects it knows come as JSON in the
 * first argument, then the address to listen at, the port, the cluster IP, a resolv.conf, and the domain.
 */
import {
  endpointSlices,
  namespaces,
  services,
  type EndpointSlice,
  type Namespace,
  type Service,
} from '../../src/api/mod.ts';
import { seededRandom, silentLog } from '../../src/base/mod.ts';
import { DnsServer } from '../../src/dns/mod.ts';
import { DnsSockets } from '../../src/host/dns-sockets.ts';
import { systemClock } from '../../src/host/system.ts';
import { ObjectFeed } from './object-feed.ts';

const [json = '', address = '', port = '', clusterIp = '', resolvConf = '', domain = 'cluster.local'] =
  process.argv.slice(2);
const objects = JSON.parse(json) as { namespaces: Namespace[]; services: Service[]; endpointSlices: EndpointSlice[] };
const feed = new ObjectFeed();
for (const object of objects.namespaces) feed.put(namespaces, object);
for (const object of objects.services) feed.put(services, object);
for (const object of objects.endpointSlices) feed.put(endpointSlices, object);
const server = await new DnsServer(
  {
    namespaces: feed.cache.informer(namespaces),
    services: feed.cache.informer(services),
    endpointSlices: feed.cache.informer(endpointSlices),
    host: new DnsSockets({ resolvConf }),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLog,
  },
  { listen: [{ address, port: Number(port) }], clusterIp, domain },
).start();
await server.ready();
console.log(JSON.stringify(server.addresses));
