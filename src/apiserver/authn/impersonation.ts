/**
 * Impersonation: a user acts as somebody else, named in headers. There are several ways of being allowed to, tried in order:
 * three of them for certain users and for certain requests only (KEP-5284), and at last the verb `impersonate`, which is for
 * whatever the other may do. In each way every part of the identity is authorized by itself: the user, each group, the uid,
 * each extra.
 */
import {
  ApiError,
  domainPrefixedPathErrors,
  field,
  fieldErrorsText,
  goQuote,
  invalid,
  nameIsDns1123Label,
  nameIsDns1123Subdomain,
  type UserInfo,
} from '../../machinery/mod.ts';
import { refused, type Attributes, type Decision } from '../authz/authorizer.ts';
import { headerValues, type HttpRequest } from '../http/message.ts';

type Extra = Readonly<Record<string, readonly string[]>>;

/** Who is asked for, as it is asked: with nothing added. */
interface Wanted {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Extra;
}

export interface Acting {
  readonly user: UserInfo;
  /** The verb that allowed it, where that allowed no more than this request. */
  readonly constraint?: string;
}

/** A way of being allowed to act as somebody else. */
interface Mode {
  /** `node` of `impersonate:node` and `impersonate-on:node:get`; absent: `impersonate`, for all requests. */
  readonly name?: string;
  /** Whether it is for this user at all. */
  applies(wanted: Wanted, requestor: UserInfo): boolean;
  /** How the question is put to the authorizers. */
  asked?(attributes: Attributes): Attributes;
}

const accountPrefix = 'system:serviceaccount:';
const extraPrefix = 'impersonate-extra-';
const masters = 'system:masters';
const nodeNameKey = 'authentication.kubernetes.io/node-name';
/** From so many groups or extras on it is asked first whether all of them are allowed. */
const many = 4;
/** Of how many users it is remembered how they were allowed last: that is tried first. */
const rememberedMax = 1024;

const associatedNode: Mode = {
  name: 'associated-node',
  applies: (wanted, requestor) => {
    const node = isBare(wanted) ? nodeOf(wanted.username) : undefined;
    const [own, ...more] = requestor.extra?.[nodeNameKey] ?? [];
    return node !== undefined && accountOf(requestor.username) !== undefined && own === node && more.length === 0;
  },
  // Allowed for one node, it is allowed for each that an account of its pods is on.
  asked({ user, ...attributes }) {
    const extra = { 'authentication.kubernetes.io/associated-node-keys': Object.keys(user.extra ?? {}).sort() };
    const name = attributes.verb === 'impersonate:associated-node' ? '*' : attributes.name;
    return { ...attributes, name, user: { ...user, extra } };
  },
};

const modes: readonly Mode[] = [
  associatedNode,
  { name: 'arbitrary-node', applies: (wanted) => isBare(wanted) && nodeOf(wanted.username) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => isBare(wanted) && accountOf(wanted.username) !== undefined },
  {
    name: 'user-info',
    applies: ({ username }) => nodeOf(username) === undefined && accountOf(username) === undefined,
  },
  { applies: () => true },
];

export class Impersonation {
  readonly #decide: (attributes: Attributes) => Decision | Promise<Decision>;
  readonly #last = new Map<string, Mode>();

  constructor(decide: (attributes: Attributes) => Decision | Promise<Decision>) {
    this.#decide = decide;
  }

  /** Who the request acts as: `attributes` are those of what it asks for itself. Rejects with ApiError. */
  async acting(
    user: UserInfo,
    request: Pick<HttpRequest, 'headers' | 'rawHeaders'>,
    attributes: () => Attributes,
  ): Promise<Acting> {
    const wanted = wantedIn(request);
    if (wanted === undefined) return { user };
    const asked = attributes();
    const last = this.#last.get(user.username);
    const order = last === undefined ? modes : [last, ...modes.filter((mode) => mode !== last)];
    let refusal: ApiError | undefined;
    for (const mode of order) {
      if (!mode.applies(wanted, user)) continue;
      try {
        const acting = await this.#tried(mode, wanted, asked);
        this.#remember(user.username, mode);
        return { user: acting, ...(mode.name === undefined ? {} : { constraint: `impersonate:${mode.name}` }) };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refusal ??= error;
      }
    }
    throw refusal ?? ApiError.internal('all impersonation modes failed');
  }

  #remember(username: string, mode: Mode): void {
    this.#last.delete(username);
    this.#last.set(username, mode);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= rememberedMax) break;
      this.#last.delete(oldest);
    }
  }

  async #tried(mode: Mode, wanted: Wanted, attributes: Attributes): Promise<UserInfo> {
    const { name } = mode;
    if (name !== undefined)
      await this.#check(mode, { ...attributes, verb: `impersonate-on:${name}:${attributes.verb}` });
    const verb = name === undefined ? 'impersonate' : `impersonate:${name}`;
    const nothing = { group: '', version: 'v1', resource: '', subresource: '', namespace: '', name: '' };
    const about: Attributes = { ...nothing, user: attributes.user, verb };
    const authentication = { ...about, group: 'authentication.k8s.io' };
    const constrained = name !== undefined;
    const user = constrained ? authentication : about;
    await this.#check(mode, { ...user, ...whoIs(wanted.username, constrained) });
    if (wanted.uid !== '') await this.#check(mode, { ...authentication, resource: 'uids', name: wanted.uid });
    await this.#checkGroups(mode, { ...user, resource: 'groups' }, wanted.groups);
    await this.#checkExtra(mode, { ...authentication, resource: 'userextras' }, wanted.extra);
    return identityOf(wanted, constrained);
  }

  async #checkGroups(mode: Mode, about: Attributes, groups: readonly string[]): Promise<void> {
    if (mode.name !== undefined) {
      if (groups.includes('')) throw refused(about, 'impersonating the empty string group is not allowed');
      if (groups.includes(masters))
        throw refused({ ...about, name: masters }, 'impersonating the system:masters group is not allowed');
      if (groups.length >= many && (await this.#allows(mode, { ...about, name: '*' }))) return;
    }
    for (const name of groups) await this.#check(mode, { ...about, name });
  }

  async #checkExtra(mode: Mode, about: Attributes, extra: Extra): Promise<void> {
    const entries = Object.entries(extra);
    if (mode.name !== undefined) {
      const problem = extraProblem(entries);
      if (problem !== undefined) throw refused(about, problem);
      const values = entries.flatMap(([, all]) => all);
      if (values.length >= many && (await this.#allows(mode, { ...about, subresource: '*', name: '*' }))) return;
    }
    for (const [subresource, values] of entries)
      for (const name of values) await this.#check(mode, { ...about, subresource, name });
  }

  async #allows(mode: Mode, attributes: Attributes): Promise<boolean> {
    return (await this.#decide(mode.asked?.(attributes) ?? attributes)).verdict === 'allow';
  }

  async #check(mode: Mode, attributes: Attributes): Promise<void> {
    const asked = mode.asked?.(attributes) ?? attributes;
    const { verdict, reason, error } = await this.#decide(asked);
    if (verdict === 'allow') return;
    throw refused(asked, [error ?? '', reason].filter((text) => text !== '').join(': '));
  }
}

/** Whether there is anything of this to do. */
export function asksForAnother({ headers }: Pick<HttpRequest, 'headers'>): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}

/** Undefined: the request is its sender's own. Throws ApiError for one that names no user. */
function wantedIn(request: Pick<HttpRequest, 'headers' | 'rawHeaders'>): Wanted | undefined {
  const { headers } = request;
  const username = headers['impersonate-user'] ?? '';
  const uid = headers['impersonate-uid'] ?? '';
  const groups = headerValues(request, 'impersonate-group');
  const extra = headerMap(request, extraPrefix);
  const wanted = { username, uid, groups, extra };
  if (username !== '') return wanted;
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw ApiError.badRequest(`requested ${goText(wanted)} without impersonating a user name`);
}

/** As Go writes the value for whoever debugs. */
function goText({ username, uid, groups, extra }: Wanted): string {
  const list = (values: readonly string[]): string => `[]string{${values.map(goQuote).join(', ')}}`;
  const entries = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = entries.map(([key, values]) => `${goQuote(key)}:${list(values)}`).join(', ');
  const ofGroups = groups.length === 0 ? '[]string(nil)' : list(groups);
  const ofExtra = entries.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${map}}`;
  return `&user.DefaultInfo{Name:${goQuote(username)}, UID:${goQuote(uid)}, Groups:${ofGroups}, Extra:${ofExtra}}`;
}

function isBare({ uid, groups, extra }: Wanted): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0;
}

/** The node that a user name is that of. */
function nodeOf(username: string): string | undefined {
  if (!username.startsWith('system:node:')) return undefined;
  const name = username.slice('system:node:'.length);
  return nameIsDns1123Subdomain(name, false).length === 0 ? name : undefined;
}

function accountOf(username: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!username.startsWith(accountPrefix)) return undefined;
  const [namespace = '', name = '', ...more] = username.slice(accountPrefix.length).split(':');
  const isOne =
    more.length === 0 &&
    nameIsDns1123Label(namespace, false).length === 0 &&
    nameIsDns1123Subdomain(name, false).length === 0;
  return isOne ? { namespace, name } : undefined;
}

/** Nodes are something of their own for those only who are allowed certain requests. */
function whoIs(username: string, constrained: boolean): Pick<Attributes, 'resource' | 'namespace' | 'name'> {
  const account = accountOf(username);
  if (account !== undefined) return { resource: 'serviceaccounts', ...account };
  const node = constrained ? nodeOf(username) : undefined;
  return node === undefined
    ? { resource: 'users', namespace: '', name: username }
    : { resource: 'nodes', namespace: '', name: node };
}

/** An account is in the groups of its own unless groups are named; everybody but the anonymous user is authenticated. */
function identityOf({ username, uid, groups, extra }: Wanted, constrained: boolean): UserInfo {
  const account = accountOf(username);
  const named =
    groups.length === 0 && account !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
      : constrained && nodeOf(username) !== undefined
        ? ['system:nodes']
        : groups;
  const all = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  const known = named.includes(all) || (all === 'system:authenticated' && named.includes('system:unauthenticated'));
  return {
    username,
    groups: known ? named : [...named, all],
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function extraProblem(entries: readonly (readonly [string, readonly string[]])[]): string | undefined {
  for (const [key, values] of entries) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed';
    const problems = domainPrefixedPathErrors(key).map((text) => invalid(field('extra', 'key'), key, text));
    if (problems.length > 0)
      return `impersonating an invalid key in extra is not allowed: ${fieldErrorsText(problems)}`;
    if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${goQuote(key)}`;
    if (values.length === 0) return 'impersonating empty values in extra is not allowed';
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed';
  }
  return undefined;
}

/** The headers that begin with `prefix`, by what follows it; case and percent signs are as HTTP leaves them. */
export function headerMap(
  request: Pick<HttpRequest, 'headers' | 'rawHeaders'>,
  prefix: string,
): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {};
  for (const name of Object.keys(request.headers))
    if (name.startsWith(prefix)) found[decoded(name.slice(prefix.length))] = headerValues(request, name);
  return found;
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
