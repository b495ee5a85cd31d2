/** AuthenticationConfiguration: the issuers of tokens, and who may come without one. */
import {
  domainPrefixedPathErrors,
  duplicate,
  field,
  forbidden,
  invalid,
  required,
  tooMany,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { readConfiguration, type ConfigObject } from '../configuration.ts';
import { Expression, type expressionResults } from '../expression.ts';
import type { AnonymousPolicy } from './authenticator.ts';
import { signingAlgorithms, type ClaimMapping, type JwtIssuer, type Rule } from './oidc.ts';

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtIssuer[];
  /** Undefined: what the flag says. */
  readonly anonymous: AnonymousPolicy | undefined;
}

const issuersMax = 64;

/** Throws HostError with all that is wrong. `ownIssuers` are those of the API server itself. */
export function readAuthenticationConfiguration(
  text: string,
  ownIssuers: readonly string[],
): AuthenticationConfiguration {
  return readConfiguration(text, 'AuthenticationConfiguration', (root, errors) => {
    const issuers = root.objects('jwt');
    if (issuers.length > issuersMax) errors.push(tooMany('jwt', issuers.length, issuersMax));
    const seen = new Set<string>();
    const seenDiscovery = new Set<string>();
    const jwt = issuers.map((object, i) => {
      const issuer = readIssuer(object, ownIssuers, errors);
      const path = field('jwt').index(i).child('issuer');
      if (seen.has(issuer.url)) errors.push(duplicate(path.child('url'), issuer.url));
      seen.add(issuer.url);
      const { discoveryUrl = '' } = issuer;
      if (seenDiscovery.has(discoveryUrl)) errors.push(duplicate(path.child('discoveryURL'), discoveryUrl));
      if (discoveryUrl !== '') seenDiscovery.add(discoveryUrl);
      return issuer;
    });
    return { jwt, anonymous: root.has('anonymous') ? readAnonymous(root.object('anonymous'), errors) : undefined };
  });
}

function readAnonymous(object: ConfigObject, errors: FieldError[]): AnonymousPolicy {
  const enabled = object.boolean('enabled');
  const conditions = object.objects('conditions');
  const paths = conditions.map((condition) => condition.string('path'));
  if (!enabled && conditions.length > 0)
    errors.push(
      invalid(object.at('conditions'), conditions.length, 'enabled should be set to true when conditions are defined'),
    );
  return { enabled, ...(paths.length === 0 ? {} : { paths }) };
}

function readIssuer(object: ConfigObject, ownIssuers: readonly string[], errors: FieldError[]): JwtIssuer {
  const issuer = readUrls(object.object('issuer'), ownIssuers, errors);
  const claimRules: Rule[] = [];
  const requiredClaims = readClaimRules(object.objects('claimValidationRules'), claimRules, errors);
  const mappings = object.object('claimMappings');
  const username = readMapping(mappings.object('username'), true, errors);
  const groups = readMapping(mappings.object('groups'), false, errors);
  const uid = readUid(mappings.object('uid'), errors);
  const extra = readExtra(mappings, errors);
  checkVerified(mappings, { username, extra, claimRules }, errors);
  const userRules = readUserRules(object.objects('userValidationRules'), errors);
  return {
    ...issuer,
    algorithms: signingAlgorithms,
    username: username ?? { claim: '', prefix: '' },
    ...(groups === undefined ? {} : { groups }),
    ...(uid === undefined ? {} : { uid }),
    extra,
    requiredClaims,
    claimRules,
    userRules,
  };
}

type Located = Pick<JwtIssuer, 'url' | 'discoveryUrl' | 'certificateAuthority' | 'audiences'>;

function readUrls(issuer: ConfigObject, ownIssuers: readonly string[], errors: FieldError[]): Located {
  const [url, discoveryUrl] = [issuer.string('url'), issuer.string('discoveryURL')];
  if (url === '') errors.push(required(issuer.at('url')));
  if (ownIssuers.includes(url)) {
    const all = ownIssuers.toSorted().join(' ');
    errors.push(invalid(issuer.at('url'), url, `URL must not overlap with disallowed issuers: [${all}]`));
  }
  if (url !== '') errors.push(...urlErrors(url, issuer.at('url')));
  const bare = (one: string): string => one.replace(/\/+$/, '');
  if (discoveryUrl !== '' && url !== '' && bare(discoveryUrl) === bare(url))
    errors.push(invalid(issuer.at('discoveryURL'), discoveryUrl, 'discoveryURL must be different from URL'));
  if (discoveryUrl !== '') errors.push(...urlErrors(discoveryUrl, issuer.at('discoveryURL')));
  const audiences = issuer.strings('audiences');
  checkAudiences(issuer, audiences, errors);
  const certificateAuthority = issuer.string('certificateAuthority');
  if (certificateAuthority !== '' && !certificateAuthority.includes('-----BEGIN CERTIFICATE-----'))
    errors.push(
      invalid(
        issuer.at('certificateAuthority'),
        '<omitted>',
        'data does not contain any valid RSA or ECDSA certificates',
      ),
    );
  if (issuer.string('egressSelectorType') !== '')
    errors.push(forbidden(issuer.at('egressSelectorType'), 'there is no egress selector'));
  return {
    url,
    ...(discoveryUrl === '' ? {} : { discoveryUrl }),
    ...(certificateAuthority === '' ? {} : { certificateAuthority }),
    audiences,
  };
}

function checkAudiences(issuer: ConfigObject, audiences: readonly string[], errors: FieldError[]): void {
  const path = issuer.at('audiences');
  if (audiences.length === 0) errors.push(required(path, `at least one ${String(path)} is required`));
  audiences.forEach((audience, i) => {
    if (audience === '') errors.push(required(path.index(i)));
    if (audiences.indexOf(audience) < i) errors.push(duplicate(path.index(i), audience));
  });
  const policy = issuer.string('audienceMatchPolicy');
  const isAny = policy === 'MatchAny';
  const refuse = (text: string): void => void errors.push(invalid(issuer.at('audienceMatchPolicy'), policy, text));
  if (audiences.length > 1 && !isAny) refuse('audienceMatchPolicy must be MatchAny for multiple audiences');
  if (audiences.length === 1 && policy !== '' && !isAny)
    refuse('audienceMatchPolicy must be empty or MatchAny for single audience');
}

/** The claims that must have a value; rules that are expressions go to `rules`. */
function readClaimRules(objects: readonly ConfigObject[], rules: Rule[], errors: FieldError[]): Record<string, string> {
  const found: Record<string, string> = {};
  const seen = new Set<string>();
  for (const rule of objects) {
    const [claim, value] = [rule.string('claim'), rule.string('requiredValue')];
    const [source, message] = [rule.string('expression'), rule.string('message')];
    if (claim !== '' && source !== '') {
      errors.push(invalid(rule.path, claim, "claim and expression can't both be set"));
    } else if (claim !== '') {
      if (message !== '') errors.push(invalid(rule.at('message'), message, 'may not be specified when claim is set'));
      if (found[claim] !== undefined) errors.push(duplicate(rule.at('claim'), claim));
      found[claim] = value;
    } else if (source === '') {
      errors.push(required(rule.path, 'claim or expression is required'));
    } else {
      if (value !== '')
        errors.push(invalid(rule.at('requiredValue'), value, 'may not be specified when expression is set'));
      rules.push(...readRule(rule, 'claims', seen, errors));
    }
  }
  return found;
}

function readUserRules(objects: readonly ConfigObject[], errors: FieldError[]): Rule[] {
  const seen = new Set<string>();
  return objects.flatMap((rule) => {
    if (rule.string('expression') === '') errors.push(required(rule.at('expression')));
    return readRule(rule, 'user', seen, errors);
  });
}

/** One rule that is an expression; `seen` are those before it. */
function readRule(rule: ConfigObject, variable: 'claims' | 'user', seen: Set<string>, errors: FieldError[]): Rule[] {
  const [source, message] = [rule.string('expression'), rule.string('message')];
  if (source === '') return [];
  if (seen.has(source)) {
    errors.push(duplicate(rule.at('expression'), source));
    return [];
  }
  seen.add(source);
  const expression = readExpression(rule, { name: 'expression', variable, results: 'bool' }, errors);
  return expression === undefined ? [] : [{ expression, message }];
}

interface Wanted {
  readonly name: string;
  readonly variable: 'claims' | 'user';
  readonly results: keyof typeof expressionResults;
}

function readExpression(
  object: ConfigObject,
  { name, variable, results }: Wanted,
  errors: FieldError[],
): Expression | undefined {
  const source = object.string(name);
  if (source === '') return undefined;
  const compiled = Expression.compile(source, variable, results);
  if (compiled instanceof Expression) return compiled;
  errors.push(invalid(object.at(name), source, compiled));
  return undefined;
}

/** A user name, or groups. */
function readMapping(
  mapping: ConfigObject,
  isName: boolean,
  errors: FieldError[],
): ClaimMapping | Expression | undefined {
  const [claim, prefix, source] = [mapping.string('claim'), mapping.string('prefix'), mapping.string('expression')];
  if (source !== '' && claim !== '') {
    errors.push(invalid(mapping.path, '', "claim and expression can't both be set"));
    return undefined;
  }
  if (source !== '') {
    if (mapping.has('prefix'))
      errors.push(invalid(mapping.at('prefix'), prefix, 'may not be specified when expression is set'));
    const results = isName ? 'string' : 'strings';
    return readExpression(mapping, { name: 'expression', variable: 'claims', results }, errors);
  }
  if (claim === '') {
    if (isName) errors.push(required(mapping.path, 'claim or expression is required'));
    return undefined;
  }
  if (!mapping.has('prefix'))
    errors.push(
      required(
        mapping.at('prefix'),
        'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
      ),
    );
  return { claim, prefix };
}

function readUid(mapping: ConfigObject, errors: FieldError[]): string | Expression | undefined {
  const [claim, source] = [mapping.string('claim'), mapping.string('expression')];
  if (claim !== '' && source !== '') {
    errors.push(invalid(mapping.path, '', "claim and expression can't both be set"));
    return undefined;
  }
  const wanted = { name: 'expression', variable: 'claims', results: 'string' } as const;
  return readExpression(mapping, wanted, errors) ?? (claim === '' ? undefined : claim);
}

function readExtra(
  mappings: ConfigObject,
  errors: FieldError[],
): { readonly key: string; readonly value: Expression }[] {
  const seen = new Set<string>();
  return mappings.objects('extra').flatMap((object) => {
    const [key, source] = [object.string('key'), object.string('valueExpression')];
    const at = object.at('key');
    if (key === '') errors.push(required(at));
    else errors.push(...domainPrefixedPathErrors(key).map((text) => invalid(at, key, text)));
    if (key !== key.toLowerCase()) errors.push(invalid(at, key, 'must be lowercase'));
    if (/^([^/]*\.)?(kubernetes|k8s)\.io\//.test(key))
      errors.push(invalid(at, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'));
    if (seen.has(key)) {
      errors.push(duplicate(at, key));
      return [];
    }
    seen.add(key);
    if (source === '') errors.push(required(object.at('valueExpression')));
    const value = readExpression(object, { name: 'valueExpression', variable: 'claims', results: 'strings' }, errors);
    return value === undefined ? [] : [{ key, value }];
  });
}

interface Usages {
  readonly username: JwtIssuer['username'] | undefined;
  readonly extra: NonNullable<JwtIssuer['extra']>;
  readonly claimRules: readonly Rule[];
}

/** Who takes an address for a name has to look whether the issuer has verified it. */
function checkVerified(mappings: ConfigObject, { username, extra, claimRules }: Usages, errors: FieldError[]): void {
  if (!(username instanceof Expression) || !/\bclaims\.email\b/.test(username.source)) return;
  const others = [
    ...(extra ?? []).map(({ value }) => value),
    ...(claimRules ?? []).map(({ expression }) => expression),
  ];
  if ([username, ...others].some(({ source }) => /\bclaims\.\??email_verified\b/.test(source))) return;
  errors.push(
    invalid(
      mappings.at('username').child('expression'),
      username.source,
      'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression',
    ),
  );
}

/** An issuer is named by a URL that anybody can check: over TLS, and without anything that hides. */
function urlErrors(text: string, path: FieldPath): FieldError[] {
  if (!URL.canParse(text)) return [invalid(path, text, `parse "${text}": invalid URI for request`)];
  const url = new URL(text);
  const errors: FieldError[] = [];
  if (url.protocol !== 'https:') errors.push(invalid(path, text, 'URL scheme must be https'));
  if (url.username !== '' || url.password !== '')
    errors.push(invalid(path, text, 'URL must not contain a username or password'));
  if (url.search !== '') errors.push(invalid(path, text, 'URL must not contain a query'));
  if (url.hash !== '') errors.push(invalid(path, text, 'URL must not contain a fragment'));
  return errors;
}
