/** What follows from an image's name. The format is that of the distribution project's references. */

const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const reference = new RegExp(
  `^(?:${domain}/)?${pathPart}(?:/${pathPart})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** The same few images come again and again. */
const known = new Map<string, PullPolicy>();
const knownMax = 1024;

type PullPolicy = 'Always' | 'IfNotPresent';

/** An image that may change under its name is always pulled: one with the tag `latest`, or with neither tag nor digest. */
export function defaultPullPolicy(image: string): PullPolicy {
  const cached = known.get(image);
  if (cached !== undefined) return cached;
  const match = image.length > 4096 ? null : reference.exec(image);
  const tag = match === null ? '' : (match[1] ?? (match[2] === undefined ? 'latest' : ''));
  const policy = tag === 'latest' ? 'Always' : 'IfNotPresent';
  if (known.size >= knownMax) known.clear();
  known.set(image, policy);
  return policy;
}
