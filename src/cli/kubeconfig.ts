/**
 * kubeconfig files: merging a cluster's context in and out, as kind and minikube do. Entries of others stay as they are;
 * ours carry the cluster's name.
 */
import { isMap, isSeq, parseDocument, type Document } from 'yaml';
import { HostError } from '../base/mod.ts';

export interface KubeconfigEntry {
  /** Context, cluster and user are all called this. */
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

/** Where a server is and with what to prove oneself; PEM. */
export interface ClusterAccess {
  readonly server: string;
  readonly certificateAuthority: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly token?: string;
}

interface Named {
  readonly name?: string;
  readonly [part: string]: unknown;
}

/** The text of the file with the context in it, and current. Throws HostError when the text is no kubeconfig. */
export function withContext(text: string, entry: KubeconfigEntry): string {
  const config = parse(text);
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  put(config, 'clusters', {
    name: entry.name,
    cluster: { server: entry.server, 'certificate-authority-data': base64(entry.certificateAuthority) },
  });
  put(config, 'users', {
    name: entry.name,
    user: { 'client-certificate-data': base64(entry.clientCertificate), 'client-key-data': base64(entry.clientKey) },
  });
  put(config, 'contexts', { name: entry.name, context: { cluster: entry.name, user: entry.name } });
  config.set('current-context', entry.name);
  return config.toString({ lineWidth: 0 });
}

/** The text of the file without the context; no other context becomes current by itself. */
export function withoutContext(text: string, name: string): string {
  const config = parse(text);
  for (const list of ['clusters', 'users', 'contexts']) {
    const items = config.get(list);
    if (isSeq(items)) items.items = items.items.filter((item) => !isNamed(item, name));
  }
  if (config.get('current-context') === name) config.set('current-context', '');
  return config.toString({ lineWidth: 0 });
}

/** How to reach the server of the current context. Throws HostError when the file does not say it. */
export function currentAccess(file: string, readFile: (path: string) => string): ClusterAccess {
  const config = parse(file);
  const current = text(config.get('current-context'));
  const context = part(config, 'contexts', current, 'context');
  const cluster = part(config, 'clusters', text(context['cluster']), 'cluster');
  const user = part(config, 'users', text(context['user']), 'user');
  const pem = (from: Readonly<Record<string, unknown>>, name: string): string | undefined => {
    const data = from[`${name}-data`];
    if (typeof data === 'string' && data !== '') return Buffer.from(data, 'base64').toString();
    const file = from[name];
    return typeof file === 'string' ? readFile(file) : undefined;
  };
  const { server } = cluster;
  const certificateAuthority = pem(cluster, 'certificate-authority');
  if (typeof server !== 'string' || certificateAuthority === undefined)
    throw new HostError('Kubeconfig', `the cluster of context "${current}" has no server or no certificate-authority`);
  const clientCertificate = pem(user, 'client-certificate');
  const clientKey = pem(user, 'client-key');
  const token = typeof user['tokenFile'] === 'string' ? readFile(user['tokenFile']).trim() : user['token'];
  return {
    server,
    certificateAuthority,
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(typeof token === 'string' ? { token } : {}),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function part(config: Document, list: string, name: string, key: string): Readonly<Record<string, unknown>> {
  const found = entries(config, list).find((entry) => entry.name === name)?.[key];
  if (typeof found !== 'object' || found === null)
    throw new HostError('Kubeconfig', `there is no "${name}" in ${list}`);
  return found as Readonly<Record<string, unknown>>;
}

function parse(text: string): Document {
  const config = parseDocument(text.trim() === '' ? 'apiVersion: v1\nkind: Config\npreferences: {}\n' : text);
  const kind: unknown = config.errors.length === 0 ? config.get('kind') : undefined;
  if (config.errors.length > 0 || (kind !== 'Config' && kind !== undefined && kind !== null))
    throw new HostError('Kubeconfig', `not a kubeconfig: ${config.errors[0]?.message ?? `kind is ${String(kind)}`}`);
  return config;
}

function entries(config: Document, list: string): Named[] {
  const value: unknown = (config.toJS() as Record<string, unknown>)[list];
  return Array.isArray(value) ? (value as Named[]) : [];
}

/** Others' entries keep their comments and their form: only ours is written anew, where it was or at the end. */
function put(config: Document, list: string, entry: Named): void {
  const items = config.get(list);
  if (!isSeq(items)) return config.set(list, config.createNode([entry]));
  const at = items.items.findIndex((item) => isNamed(item, entry.name ?? ''));
  // An empty list is often written as [], in which a block would not be readable.
  if (items.items.length === 0) items.flow = false;
  items.items.splice(at < 0 ? items.items.length : at, at < 0 ? 0 : 1, config.createNode(entry));
}

function isNamed(item: unknown, name: string): boolean {
  return isMap(item) && item.get('name') === name;
}
