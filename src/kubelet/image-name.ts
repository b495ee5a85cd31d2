/** Names of images as manifests write them. Pure; what is no name is told as upstream's parser tells it. */
const digest = /@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const tag = /:[\w][\w.-]{0,127}$/;
const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const host = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const repository = new RegExp(`^(?:(?:${host}(?:\\.${host})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?/)?${part}(?:/${part})*$`);

export type ParsedName = { readonly image: string } | { readonly problem: string };

/** The name with `:latest` where it has neither a tag nor a digest. */
export function withDefaultTag(image: string): ParsedName {
  const withoutDigest = image.replace(digest, '');
  const slash = withoutDigest.lastIndexOf('/');
  const name = withoutDigest.slice(slash + 1);
  const withoutTag = tag.test(name) ? withoutDigest.slice(0, slash + 1) + name.replace(tag, '') : withoutDigest;
  if (!repository.test(withoutTag)) return { problem: parseProblem(withoutTag) };
  return { image: withoutTag === image ? `${image}:latest` : image };
}

function parseProblem(name: string): string {
  const remainder = name.includes('/') ? name : `library/${name}`;
  if (/[A-Z]/.test(name) && repository.test(name.toLowerCase()))
    return `invalid reference format: repository name (${remainder}) must be lowercase`;
  return 'invalid reference format';
}

/** The registry that an image comes from, and its path there: what credentials are looked up by. */
export function registryPath(image: string): { readonly registry: string; readonly path: string } {
  const name = image.replace(digest, '');
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const named = first.includes('.') || first.includes(':') || first === 'localhost';
  const registry = named ? first : 'docker.io';
  const rest = named ? name.slice(slash + 1) : name;
  const path = rest.replace(tag, '');
  return { registry, path: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}

/** With registry and tag, as runtimes show an image. */
export function fullName(image: string): string {
  const { registry, path } = registryPath(image);
  const [, suffix = ''] = /([:@][^/]*)$/.exec(image.slice(image.lastIndexOf('/') + 1)) ?? [];
  return `${registry}/${path}${suffix === '' ? ':latest' : suffix}`;
}
