/** `pods/log`, `exec`, `attach` and `portforward`: handed on to the kubelet of the pod's node. */
import { errorText, type DeepReadonly, type StreamUpgrade } from '../../base/mod.ts';
import { nodes, pods, type Node, type Pod } from '../../api/mod.ts';
import { ApiError, objectKey } from '../../machinery/mod.ts';
import type { ObjectReader } from '../admission/admission.ts';
import type { NodeAddress, NodeConnections } from '../ports.ts';
import type { ConnectTarget, Connector } from './front.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { isTrue } from './request-info.ts';
import { streamOf } from './stream-of.ts';

export interface PodStreamWorld {
  readonly objects: ObjectReader;
  readonly nodes: NodeConnections;
}

interface Found {
  readonly pod: DeepReadonly<Pod>;
  readonly node: NodeAddress;
}

export function podConnectors(world: PodStreamWorld): readonly Connector[] {
  return [
    { on: 'pods/log', connect: (request, target) => log(world, request, target) },
    { on: 'pods/exec', upgrade: (upgrade, target) => command(world, 'exec', upgrade, target) },
    { on: 'pods/attach', upgrade: (upgrade, target) => command(world, 'attach', upgrade, target) },
    { on: 'pods/portforward', upgrade: (upgrade, target) => portForward(world, upgrade, target) },
  ];
}

const logParameters = [
  'follow',
  'previous',
  'sinceSeconds',
  'sinceTime',
  'timestamps',
  'tailLines',
  'limitBytes',
  'stream',
];

async function log(world: PodStreamWorld, request: HttpRequest, target: ConnectTarget): Promise<HttpResponse> {
  const { query } = target.info;
  checkLogOptions(query);
  const { pod, node } = find(world, target);
  const container = containerOf(pod, query.get('container'));
  const forwarded = new URLSearchParams();
  for (const name of logParameters) {
    const value = query.get(name);
    if (value !== null) forwarded.set(name, value);
  }
  const { name, namespace = '' } = pod.metadata;
  const answer = await world.nodes
    .request(node, `/containerLogs/${namespace}/${name ?? ''}/${container}?${forwarded.toString()}`, request.signal)
    .catch((error: unknown) => {
      throw unreachable(error);
    });
  if (answer.status !== 200) throw ApiError.from({ code: answer.status, message: await textOf(answer.body) });
  return {
    status: 200,
    headers: { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' },
    body: streamOf(answer.body),
  };
}

function checkLogOptions(query: URLSearchParams): void {
  const bad = (field: string, value: string, why: string): never => {
    throw new ApiError('Invalid', `PodLogOptions "" is invalid: ${field}: Invalid value: ${value}: ${why}`, {
      details: { kind: 'PodLogOptions' },
    });
  };
  for (const name of ['tailLines', 'sinceSeconds', 'limitBytes']) {
    const value = query.get(name);
    if (value === null) continue;
    if (!/^-?\d+$/.test(value)) throw ApiError.badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`);
    if (name === 'tailLines' ? Number(value) < 0 : Number(value) < 1)
      bad(name, value, name === 'tailLines' ? 'must be greater than or equal to 0' : 'must be greater than 0');
  }
  if (query.has('sinceSeconds') && query.has('sinceTime'))
    throw ApiError.badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified');
}

async function command(
  world: PodStreamWorld,
  what: 'exec' | 'attach',
  upgrade: StreamUpgrade,
  target: ConnectTarget,
): Promise<void> {
  const { query } = target.info;
  const { pod, node } = find(world, target);
  const container = containerOf(pod, query.get('container'));
  const options = {
    stdin: isTrue(query.get('stdin')),
    stdout: isTrue(query.get('stdout')),
    stderr: isTrue(query.get('stderr')),
    tty: isTrue(query.get('tty')),
  };
  if (!options.stdin && !options.stdout && !options.stderr)
    throw ApiError.badRequest('you must specify at least 1 of stdin, stdout, stderr');
  if (what === 'exec' && query.getAll('command').length === 0)
    throw ApiError.badRequest('you must specify at least 1 command for the container');
  const forwarded = new URLSearchParams();
  for (const word of query.getAll('command')) forwarded.append('command', word);
  for (const [from, to] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const)
    if (options[from]) forwarded.set(to, '1');
  const { name = '', namespace = '' } = pod.metadata;
  await world.nodes.upgrade(node, `/${what}/${namespace}/${name}/${container}?${forwarded.toString()}`, upgrade, {
    kind: 'remote-command',
    options: { ...options, stderr: options.stderr && !options.tty },
  });
}

async function portForward(world: PodStreamWorld, upgrade: StreamUpgrade, target: ConnectTarget): Promise<void> {
  const { pod, node } = find(world, target);
  const ports = target.info.query
    .getAll('ports')
    .flatMap((list) => list.split(','))
    .filter((port) => port !== '')
    .map(Number);
  const { name = '', namespace = '' } = pod.metadata;
  await world.nodes.upgrade(node, `/portForward/${namespace}/${name}`, upgrade, {
    kind: 'port-forward',
    ...(ports.length === 0 ? {} : { ports }),
  });
}

function find({ objects }: PodStreamWorld, { info }: ConnectTarget): Found {
  const { name = '', namespace } = info.resource;
  const pod = objects.get(pods, objectKey(namespace, name));
  if (pod === undefined) throw ApiError.notFound(pods, name);
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') throw ApiError.badRequest(`pod ${name} does not have a host assigned`);
  const node = objects.get(nodes, nodeName);
  if (node === undefined) throw ApiError.notFound(nodes, nodeName);
  return { pod, node: addressOf(node) };
}

export function addressOf(node: DeepReadonly<Node>): NodeAddress {
  const addresses = node.status?.addresses ?? [];
  const host = ['InternalIP', 'ExternalIP', 'Hostname'].flatMap((type) =>
    addresses.filter((address) => address.type === type),
  )[0]?.address;
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250;
  return { nodeName: node.metadata.name ?? '', host: host ?? '', port };
}

/** Upstream's choice of a container when none is named. */
function containerOf(pod: DeepReadonly<Pod>, named: string | null): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const all = [...containers, ...initContainers, ...ephemeralContainers].map(({ name }) => name);
  const podName = pod.metadata.name ?? '';
  if (named !== null && named !== '') {
    if (!all.includes(named)) throw ApiError.badRequest(`container ${named} is not valid for pod ${podName}`);
    return named;
  }
  const [only, ...others] = containers;
  if (only !== undefined && others.length === 0) return only.name;
  const init =
    initContainers.length === 0
      ? ''
      : ` or one of the init containers: [${initContainers.map(({ name }) => name).join(' ')}]`;
  throw ApiError.badRequest(
    `a container name must be specified for pod ${podName}, choose one of: [${containers.map(({ name }) => name).join(' ')}]${init}`,
  );
}

function unreachable(error: unknown): ApiError {
  return error instanceof ApiError ? error : ApiError.internal(errorText(error), error);
}

const textBytesMax = 64 * 1024;

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > textBytesMax) break;
  }
  return text.trim();
}
