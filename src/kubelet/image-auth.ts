/** Credentials of registries from image pull secrets. Pure. The most specific entry that matches an image comes first. */
import { isJsonObject, type DeepReadonly, type JsonObject } from '../base/mod.ts';
import type { Secret } from '../api/mod.ts';
import { registryPath } from './image-name.ts';
import type { AuthConfig } from './ports.ts';

export function authsFor(image: string, secrets: readonly DeepReadonly<Secret>[]): AuthConfig[] {
  const { registry, path } = registryPath(image);
  const found: { readonly key: string; readonly auth: AuthConfig }[] = [];
  for (const secret of secrets) {
    for (const [key, entry] of Object.entries(authsOf(secret))) {
      const auth = credentials(entry);
      if (auth !== undefined && matches(key, registry, path)) found.push({ key, auth });
    }
  }
  return found.sort((a, b) => b.key.length - a.key.length).map(({ auth }) => auth);
}

function authsOf({ type, data = {} }: DeepReadonly<Secret>): JsonObject {
  const field = type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson';
  const base64 = data[field];
  if (base64 === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(base64)));
    if (!isJsonObject(parsed)) return {};
    const auths = field === '.dockercfg' ? parsed : parsed['auths'];
    return isJsonObject(auths) ? auths : {};
  } catch {
    // Who wrote something else into the secret gets what upstream gives: a pull without credentials.
    return {};
  }
}

function credentials(entry: unknown): AuthConfig | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { auth, username, password, identitytoken, registrytoken } = entry;
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const [name, secret] = [text(username), text(password)];
  if (name !== undefined) return { username: name, password: secret ?? '' };
  if (text(auth) !== undefined) {
    const decoded = new TextDecoder().decode(Uint8Array.fromBase64(text(auth) ?? ''));
    const colon = decoded.indexOf(':');
    if (colon > 0) return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') };
  }
  const [identityToken, registryToken] = [text(identitytoken), text(registrytoken)];
  if (identityToken !== undefined) return { identityToken };
  return registryToken === undefined ? undefined : { registryToken };
}

function matches(key: string, registry: string, path: string): boolean {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const slash = bare.indexOf('/');
  const host = slash < 0 ? bare : bare.slice(0, slash);
  const prefix = slash < 0 ? '' : bare.slice(slash + 1).replace(/^v[12]$/, '');
  const hosts = registry === 'docker.io' ? ['docker.io', 'index.docker.io', 'registry-1.docker.io'] : [registry];
  return (
    hosts.some((candidate) => hostMatches(host, candidate)) &&
    (prefix === '' || path === prefix || path.startsWith(`${prefix}/`))
  );
}

/** `*` stands for a part of a name between dots, as in `*.example.com`. */
function hostMatches(pattern: string, host: string): boolean {
  const [patterns, parts] = [pattern.split('.'), host.split('.')];
  if (patterns.length !== parts.length) return false;
  return patterns.every((text, i) => {
    const literal = text.split('*').map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return new RegExp(`^${literal.join('.*')}$`).test(parts[i] ?? '');
  });
}
