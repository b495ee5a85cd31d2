/**
 * `npm start`: a cluster on this machine with something to see on it. Brings the cluster up as `bin/kutter up --install`
 * does, builds the sample's image from Debian's nginx, applies `docs/sample/web.yaml`, waits for its pods and prints the
 * page that they serve through their Service. Needs no kubectl. A second run finds everything there and is quick.
 *
 * Options are those of `kutter up`: `npm start -- --name demo`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { deployments, kinds, pods, services, type Pod } from '../src/api/mod.ts';
import { errorText, HostError, type DeepReadonly } from '../src/base/mod.ts';
import { commands, currentAccess, parseCommand, type Invocation, type Progress } from '../src/cli/mod.ts';
import { HttpClient, type Client } from '../src/client/mod.ts';
import { HttpsTransport } from '../src/host/http/mod.ts';
import { isApiError, type KubeObject, type Resource } from '../src/machinery/mod.ts';
import { kubeconfigPath } from '../src/main/kubeconfig-file.ts';
import { terminalProgress } from '../src/main/terminal.ts';
import { buildImageArchive } from './images/build.ts';

const root = resolve(import.meta.dirname, '..');
const program = `${root}/bin/kutter`;
const manifest = 'docs/sample/web.yaml';
const namespace = 'default';
const image = 'nginx';
const podsTimeoutMs = 180_000;
const pageTimeoutMs = 20_000;
const pollMs = 100;

function checkMachine(invocation: Invocation): void {
  if (process.getuid?.() !== 0)
    throw new HostError('Permission', 'real containers need root: run "sudo npm start", or npm start as root');
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg'))
    throw new HostError(
      'Platform',
      'this machine has no apt-get and dpkg: the sample is built from Debian packages, so it needs Debian or a relative of it',
    );
  if (invocation.integer('nodes') === 0)
    throw new HostError('Usage', '--nodes 0: the sample runs in containers, which need a node');
}

/** Runs bin/kutter with this terminal; it says itself what it does and what went wrong. */
function kutter(...words: readonly string[]): void {
  const { status, error } = spawnSync(program, words, { stdio: 'inherit' });
  if (error !== undefined) throw new HostError('Spawn', `${program} cannot be started`, { cause: error });
  if (status !== 0) process.exit(status ?? 1);
}

/** Options that say which cluster is meant, for the commands behind `up`. */
function clusterOptions(invocation: Invocation, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = invocation.string(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
}

/** Makes the objects of the manifest, or changes those that are there into them. Returns what was done to each. */
async function apply(client: Client, text: string): Promise<string[]> {
  const done: string[] = [];
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as KubeObject & { readonly metadata: { readonly name: string } };
    const resource = kinds.find(({ kind }) => kind === object.kind) as Resource<KubeObject> | undefined;
    if (resource === undefined) throw new HostError('Manifest', `${manifest}: no kind ${object.kind ?? ''}`);
    const { name } = object.metadata;
    const placed = { ...object, metadata: { ...object.metadata, namespace } };
    try {
      await client.create(resource, placed, { fieldManager: 'kutter-start' });
      done.push(`${resource.plural}/${name} created`);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      await client.patch(resource, { namespace, name }, { type: 'strategic', body: placed });
      done.push(`${resource.plural}/${name} is there`);
    }
  }
  return done;
}

/** What `kubectl get pods` would show, in short. */
function stateOf({ status }: DeepReadonly<Pod>): string {
  const [container] = status?.containerStatuses ?? [];
  if (container?.ready === true) return 'ready';
  return (
    container?.state?.waiting?.reason ?? (container?.state?.running === undefined ? 'Pending' : 'running, not ready')
  );
}

/** Says what becomes of each pod until the Deployment has all that it wants. */
async function untilAvailable(client: Client, progress: Progress): Promise<void> {
  const said = new Map<string, string>();
  const giveUpAt = performance.now() + podsTimeoutMs;
  while (performance.now() < giveUpAt) {
    const { items } = await client.list(pods, { namespace, labelSelector: 'app=web' });
    for (const pod of items) {
      const { name = '' } = pod.metadata;
      const state = pod.metadata.deletionTimestamp === undefined ? stateOf(pod) : 'ending';
      if (said.get(name) === state) continue;
      said.set(name, state);
      progress.say(`    ${name}: ${state}`);
    }
    const { metadata, spec, status } = await client.get(deployments, { namespace, name: 'web' });
    const current = status?.observedGeneration === metadata.generation;
    if (current && status?.updatedReplicas === spec?.replicas && status?.availableReplicas === spec?.replicas) return;
    await delay(pollMs);
  }
  throw new HostError(
    'Timeout',
    `the pods are not ready after ${podsTimeoutMs / 1000} s; "bin/kutter status" and kutter.log in the data directory may say why`,
  );
}

function fetchOnce(url: string): Promise<string> {
  return new Promise((fulfil, reject) => {
    const sent = get(url, { agent: false, timeout: 5000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) fulfil(body);
        else reject(new HostError('Http', `${url} answers ${response.statusCode ?? 0}`));
      });
    });
    sent.on('timeout', () => sent.destroy(new HostError('Timeout', `${url} does not answer`)));
    sent.on('error', reject);
  });
}

/** The proxy learns of ready pods a moment after the API says so. */
async function fetchPage(url: string): Promise<string> {
  const giveUpAt = performance.now() + pageTimeoutMs;
  for (;;) {
    try {
      return await fetchOnce(url);
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await delay(pollMs);
    }
  }
}

async function start(words: readonly string[]): Promise<void> {
  const up = commands.find(({ name }) => name === 'up');
  if (up === undefined) throw new HostError('NotFound', 'the command up');
  const invocation = parseCommand(up, words);
  checkMachine(invocation);
  const progress = terminalProgress();
  const which = clusterOptions(invocation, ['name', 'data-dir']);
  kutter('up', '--install', ...words);
  progress.say('Running the sample on it');
  const archive = await progress.step(`Build the image ${image} from Debian's package`, () => buildImageArchive(image));
  kutter('image', 'load', archive, ...which);
  const access = currentAccess(readFileSync(kubeconfigPath(invocation.string('kubeconfig')), 'utf8'), (path) =>
    readFileSync(path, 'utf8'),
  );
  const { token: _token, ...tls } = access;
  using transport = new HttpsTransport(tls);
  const client = new HttpClient(transport);
  await progress.step(`Apply ${manifest}`, async () => {
    const done = await apply(client, readFileSync(`${root}/${manifest}`, 'utf8'));
    for (const line of done) progress.say(`    ${line}`);
  });
  await progress.step('Wait for its pods', () => untilAvailable(client, progress));
  const service = await client.get(services, { namespace, name: 'web' });
  const url = `http://${service.spec?.clusterIP ?? ''}/`;
  const page = await progress.step(`Fetch the page through the Service: ${url}`, () => fetchPage(url));
  const here = relative(process.cwd(), program) || program;
  const options =
    which.length === 0 || (invocation.string('name') === 'kutter' && which.length === 2) ? '' : ` ${which.join(' ')}`;
  progress.say(`\n${page}`);
  progress.say(
    [
      'The cluster goes on running. What now:',
      '',
      '  kubectl get pods -o wide             # any kubectl: its context is set',
      `  curl ${url}             # the page again`,
      `  ${here} status${options}`,
      `  ${here} down${options}                      # stops it; up brings it back, down --purge forgets it`,
      '',
    ].join('\n'),
  );
}

try {
  await start(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`npm start: ${errorText(error)}\n`);
  process.exitCode = 1;
}
