/**
 * The cluster's names: Kubernetes' DNS specification 1.1, and where it leaves a choice, that of CoreDNS as kubeadm sets
 * it up (pods "insecure", a time to live of 30 seconds). Pure: a question and a view of the cluster give the records.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { EndpointSlice, Service } from '../api/mod.ts';
import { addressOfReverseName, canonicalAddress } from './address.ts';
import {
  classIn,
  foldName,
  rcode,
  recordType,
  type Question,
  type RecordData,
  type ResourceRecord,
} from './message.ts';

/** What the names are made of. All names and addresses are given in lower case and canonical form. */
export interface ClusterView {
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): DeepReadonly<Service> | undefined;
  slices(namespace: string, service: string): readonly DeepReadonly<EndpointSlice>[];
  /** The Service that has this cluster IP. */
  serviceAt(address: string): DeepReadonly<Service> | undefined;
  /** The slices with an endpoint of this address. */
  slicesAt(address: string): readonly DeepReadonly<EndpointSlice>[];
  /** Grows with every change. */
  readonly revision: number;
}

export interface ZoneOptions {
  /** `cluster.local` */
  readonly domain: string;
  /** Where the server itself answers: the address of ns.dns in the zone. */
  readonly serverAddresses: readonly string[];
}

export interface ZoneAnswer {
  readonly rcode: number;
  readonly answers: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** A name outside of the zone at which the answers stop: whoever forwards may go on there. */
  readonly goOnAt?: string;
}

const ttlSeconds = 30;
const versionTtlSeconds = 28_800;
const version = '1.1.0';
/** Longer chains of aliases inside the cluster are loops for all that matters. */
const aliasesMax = 8;

/** Undefined: not the cluster's to answer. */
export function answerFromZone(question: Question, view: ClusterView, options: ZoneOptions): ZoneAnswer | undefined {
  const name = foldName(question.name);
  const address = addressOfReverseName(name);
  if (address !== undefined) return answerBackwards(question, address, view, options);
  if (name !== options.domain && !name.endsWith(`.${options.domain}`)) return undefined;
  return new Zone(view, options).answer(question);
}

/** Found: the endpoint or Service at an address; otherwise others may know it. */
function answerBackwards(
  question: Question,
  address: string,
  view: ClusterView,
  options: ZoneOptions,
): ZoneAnswer | undefined {
  const names = new Set<string>();
  const service = view.serviceAt(address);
  if (service !== undefined) names.add(`${service.metadata.name}.${service.metadata.namespace}.svc.${options.domain}`);
  else {
    for (const slice of view.slicesAt(address)) {
      const owner = slice.metadata.labels?.['kubernetes.io/service-name'];
      if (owner === undefined) continue;
      for (const endpoint of readyEndpoints([slice])) {
        if (endpoint.address !== address) continue;
        names.add(`${endpoint.host}.${owner}.${slice.metadata.namespace}.svc.${options.domain}`);
      }
    }
  }
  if (names.size === 0) return undefined;
  const zone = new Zone(view, options);
  if (question.type !== recordType.PTR) return zone.nothing(rcode.noError);
  return zone.found([...names].map((target) => record(question.name, { type: recordType.PTR, target })));
}

interface ReadyEndpoint {
  readonly address: string;
  readonly host: string;
  readonly ports: NonNullable<DeepReadonly<EndpointSlice>['ports']>;
}

/** `publishNotReadyAddresses` is the slice controller's matter: it says ready for them then. */
function* readyEndpoints(slices: readonly DeepReadonly<EndpointSlice>[]): Iterable<ReadyEndpoint> {
  for (const { endpoints, ports, addressType } of slices) {
    if (addressType === 'FQDN') continue;
    for (const { addresses, conditions, hostname } of endpoints ?? []) {
      if (conditions?.ready === false) continue;
      for (const text of addresses) {
        const address = canonicalAddress(text);
        if (address !== undefined)
          yield { address, host: foldName(hostname || text.replaceAll(/[.:]/g, '-')), ports: ports ?? [] };
      }
    }
  }
}

/** One place that a name leads to: an address, by the port and under the name that SRV gives it. */
interface Place {
  readonly address: string;
  readonly target: string;
  readonly port: number | undefined;
}

/** What a name of the zone stands for. */
type Meaning =
  | { readonly is: 'nothing' }
  /** There is such a name, but it has no records. */
  | { readonly is: 'empty' }
  | { readonly is: 'places'; readonly places: readonly Place[] }
  | { readonly is: 'alias'; readonly target: string };

class Zone {
  readonly #view: ClusterView;
  readonly #options: ZoneOptions;

  constructor(view: ClusterView, options: ZoneOptions) {
    this.#view = view;
    this.#options = options;
  }

  answer(question: Question): ZoneAnswer {
    const { domain } = this.#options;
    const base = foldName(question.name).slice(0, -domain.length).replace(/\.$/, '');
    if (base === '') return this.#apex(question);
    if (base === 'dns-version' && question.type === recordType.TXT) {
      const texts = [new TextEncoder().encode(version)];
      return this.found([{ ...record(question.name, { type: recordType.TXT, texts }), ttlSeconds: versionTtlSeconds }]);
    }
    if (question.type === recordType.SRV) return this.#services(question, base);
    return this.#follow(question, base);
  }

  found(answers: readonly ResourceRecord[], additionals: readonly ResourceRecord[] = []): ZoneAnswer {
    return { rcode: rcode.noError, answers, additionals, authorities: [] };
  }

  /** The name has no such records, or there is no such name; says for how long that may be believed. */
  nothing(code: number): ZoneAnswer {
    return { rcode: code, answers: [], additionals: [], authorities: [this.#startOfAuthority(this.#options.domain)] };
  }

  #apex(question: Question): ZoneAnswer {
    const { domain, serverAddresses } = this.#options;
    if (question.type === recordType.SOA) return this.found([this.#startOfAuthority(question.name)]);
    if (question.type !== recordType.NS) return this.nothing(rcode.noError);
    const target = `ns.dns.${domain}`;
    return this.found(
      [record(question.name, { type: recordType.NS, target })],
      serverAddresses.map((address) => addressRecord(target, address)),
    );
  }

  /** Addresses and aliases; aliases inside the zone are followed. */
  #follow(question: Question, base: string): ZoneAnswer {
    const { domain } = this.#options;
    const answers: ResourceRecord[] = [];
    let name = question.name;
    for (let rest = base; answers.length < aliasesMax; rest = foldName(name).slice(0, -domain.length - 1)) {
      const meaning = this.#meaning(rest);
      if (meaning.is === 'nothing')
        return answers.length === 0 ? this.nothing(rcode.nxDomain) : this.nothing(rcode.noError);
      if (meaning.is === 'empty') return this.nothing(rcode.noError);
      if (meaning.is === 'places') {
        const records = unique(meaning.places).map((address) => addressRecord(name, address));
        const wanted = records.filter((found) => found.type === question.type);
        return wanted.length === 0 ? this.nothing(rcode.noError) : this.found([...answers, ...wanted]);
      }
      answers.push(record(name, { type: recordType.CNAME, target: meaning.target }));
      if (question.type === recordType.CNAME) return this.found(answers);
      name = meaning.target;
      if (!foldName(name).endsWith(`.${domain}`)) return { ...this.found(answers), goOnAt: name };
    }
    return this.nothing(rcode.noError);
  }

  #services(question: Question, base: string): ZoneAnswer {
    const meaning = this.#meaning(base);
    if (meaning.is === 'nothing') return this.nothing(rcode.nxDomain);
    const places = meaning.is === 'places' ? meaning.places.filter(({ port }) => port !== undefined) : [];
    if (places.length === 0) return this.nothing(rcode.noError);
    const weight = Math.max(1, Math.floor(100 / places.length));
    const answers = new Map<string, ResourceRecord>();
    const additionals = new Map<string, ResourceRecord>();
    for (const { address, target, port = 0 } of places) {
      answers.set(
        `${target} ${port}`,
        record(question.name, { type: recordType.SRV, priority: 0, weight, port, target }),
      );
      additionals.set(`${target} ${address}`, addressRecord(target, address));
    }
    return this.found([...answers.values()], [...additionals.values()]);
  }

  /** Of a name below the domain, without it, in lower case. */
  #meaning(base: string): Meaning {
    const labels = base.split('.').toReversed();
    const [kind, namespace, name, ...rest] = labels;
    if (base === 'ns.dns') {
      const target = `ns.dns.${this.#options.domain}`;
      return {
        is: 'places',
        places: this.#options.serverAddresses.map((address) => ({ address, target, port: undefined })),
      };
    }
    if (kind !== 'svc' && kind !== 'pod') return { is: base === 'dns-version' || base === 'dns' ? 'empty' : 'nothing' };
    if (namespace === undefined) return { is: 'empty' };
    if (!this.#view.hasNamespace(namespace) || rest.length > 2) return { is: 'nothing' };
    if (name === undefined) return { is: 'empty' };
    if (kind === 'pod') return podMeaning(name, base, rest.length);
    return this.#serviceMeaning(namespace, name, rest);
  }

  /** `rest` is nothing, an endpoint's host name, or protocol and port (from right to left). */
  #serviceMeaning(namespace: string, name: string, rest: readonly string[]): Meaning {
    const service = this.#view.service(namespace, name);
    const spec = service?.spec;
    if (spec === undefined) return { is: 'nothing' };
    const own = `${name}.${namespace}.svc.${this.#options.domain}`;
    const host = rest.length === 1 ? rest[0] : undefined;
    const [protocol, port] = rest.length === 2 ? rest.map((label) => label.replace(/^_/, '')) : [];
    const matches = (p: { readonly name?: string | undefined; readonly protocol?: string | undefined }): boolean =>
      (port === undefined || foldName(p.name ?? '') === port) &&
      (protocol === undefined || foldName(p.protocol ?? 'TCP') === protocol);
    if (spec.type === 'ExternalName') {
      const target = (spec.externalName ?? '').replace(/\.$/, '');
      const alias = host === undefined && target !== '' && canonicalAddress(target) === undefined;
      return alias ? { is: 'alias', target } : { is: 'nothing' };
    }
    const places: Place[] = [];
    if (spec.clusterIP === 'None' || host !== undefined) {
      for (const endpoint of readyEndpoints(this.#view.slices(namespace, name))) {
        if (host !== undefined && endpoint.host !== host) continue;
        const target = `${endpoint.host}.${own}`;
        const ports = endpoint.ports.filter(matches);
        for (const { port: number } of ports) places.push({ address: endpoint.address, target, port: number });
        // Without any port there still are addresses.
        if (endpoint.ports.length === 0 && rest.length < 2)
          places.push({ address: endpoint.address, target, port: undefined });
      }
    } else {
      for (const { port: number } of (spec.ports ?? []).filter(matches)) {
        for (const text of spec.clusterIPs ?? [spec.clusterIP ?? '']) {
          const address = canonicalAddress(text);
          if (address !== undefined) places.push({ address, target: own, port: number });
        }
      }
    }
    return places.length === 0 ? { is: 'nothing' } : { is: 'places', places };
  }

  #startOfAuthority(name: string): ResourceRecord {
    const { domain } = this.#options;
    return record(name, {
      type: recordType.SOA,
      primary: `ns.dns.${domain}`,
      mailbox: `hostmaster.${domain}`,
      serial: this.#view.revision >>> 0,
      refreshSeconds: 7200,
      retrySeconds: 1800,
      expireSeconds: 86_400,
      minimumSeconds: ttlSeconds,
    });
  }
}

/** `10-244-0-5.default.pod`: the address is taken from the name, whether there is such a pod or not. */
function podMeaning(name: string, base: string, more: number): Meaning {
  const dotted = /^\d+-\d+-\d+-\d+$/.test(name);
  const address = canonicalAddress(name.replaceAll('-', dotted ? '.' : ':'));
  if (address === undefined || more > 0) return { is: 'nothing' };
  return { is: 'places', places: [{ address, target: base, port: undefined }] };
}

function unique(places: readonly Place[]): string[] {
  return [...new Set(places.map(({ address }) => address))];
}

function record(name: string, data: RecordData): ResourceRecord {
  return { name, class: classIn, ttlSeconds, ...data };
}

function addressRecord(name: string, address: string): ResourceRecord {
  return record(name, { type: address.includes(':') ? recordType.AAAA : recordType.A, address });
}
