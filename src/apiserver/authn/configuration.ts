/** AuthenticationConfiguration: the issuers of tokens, and who may come without one. */
import {
  duplicate,
  field,
  forbidden,
  invalid,
  notSupported,
  required,
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
    if (issuers.length > issuersMax)
      errors.push(invalid('jwt', issuers.length, `must have at most ${issuersMax} items`));
    const seen = new Set<string>();
    const jwt = issuers.map((object, i) => {
      const issuer = readIssuer(object, errors);
      const path = field('jwt').index(i).child('issuer', 'url');
      if (ownIssuers.includes(issuer.url))
        errors.push(
          invalid(path, issuer.url, 'URL must not overlap with disallowed issuers: ' + ownIssuers.join(', ')),
        );
      if (seen.has(issuer.url)) errors.push(duplicate(path, issuer.url));
      seen.add(issuer.url);
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

function readIssuer(object: ConfigObject, errors: FieldError[]): JwtIssuer {
  const issuer = object.object('issuer');
  const mappings = object.object('claimMappings');
  const url = checkedUrl(issuer, 'url', errors);
  const discoveryUrl = issuer.has('discoveryURL') ? checkedUrl(issuer, 'discoveryURL', errors) : '';
  if (discoveryUrl !== '' && discoveryUrl.replace(/\/$/, '') === url.replace(/\/$/, ''))
    errors.push(invalid(issuer.at('discoveryURL'), discoveryUrl, 'discoveryURL must be different from URL'));
  const audiences = issuer.strings('audiences');
  checkAudiences(issuer, audiences, errors);
  const certificateAuthority = issuer.string('certificateAuthority');
  if (issuer.string('egressSelectorType') !== '')
    errors.push(forbidden(issuer.at('egressSelectorType'), 'there is no egress selector'));
  const claimRules: Rule[] = [];
  const requiredClaims = readClaimRules(object.objects('claimValidationRules'), claimRules, errors);
  const userRules = object.objects('userValidationRules').flatMap((rule) => readRule(rule, 'user', errors));
  const username = readMapping(mappings.object('username'), 'string', errors);
  if (username === undefined) errors.push(required(mappings.at('username'), 'claim or expression is required'));
  const groups = readMapping(mappings.object('groups'), 'strings', errors);
  const uid = readUid(mappings.object('uid'), errors);
  const extra = readExtra(mappings, errors);
  checkVerified(mappings, { username, extra, claimRules }, errors);
  return {
    url,
    ...(discoveryUrl === '' ? {} : { discoveryUrl }),
    ...(certificateAuthority === '' ? {} : { certificateAuthority }),
    audiences,
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

function checkAudiences(issuer: ConfigObject, audiences: readonly string[], errors: FieldError[]): void {
  const path = issuer.at('audiences');
  if (audiences.length === 0) errors.push(required(path, `at least one ${String(path)} is required`));
  audiences.forEach((audience, i) => {
    if (audience === '') errors.push(required(path.index(i), 'audience is required'));
    if (audiences.indexOf(audience) < i) errors.push(duplicate(path.index(i), audience));
  });
  const policy = issuer.string('audienceMatchPolicy');
  if (audiences.length > 1 && policy !== 'MatchAny')
    errors.push(
      invalid(issuer.at('audienceMatchPolicy'), policy, 'audienceMatchPolicy must be MatchAny for multiple audiences'),
    );
  else if (policy !== '' && policy !== 'MatchAny')
    errors.push(notSupported(issuer.at('audienceMatchPolicy'), policy, ['', 'MatchAny']));
}

/** The claims that must have a value; rules that are expressions go to `rules`. */
function readClaimRules(objects: readonly ConfigObject[], rules: Rule[], errors: FieldError[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const rule of objects) {
    const claim = rule.string('claim');
    const value = rule.string('requiredValue');
    if (rule.string('expression') !== '') {
      if (claim !== '' || value !== '')
        errors.push(invalid(rule.at('claim'), claim, "claim and expression can't both be set"));
      rules.push(...readRule(rule, 'claims', errors));
      continue;
    }
    if (rule.string('message') !== '')
      errors.push(invalid(rule.at('message'), rule.string('message'), "message can't be set when claim is set"));
    if (claim === '') errors.push(required(rule.at('claim'), 'claim or expression is required'));
    else if (found[claim] !== undefined) errors.push(duplicate(rule.at('claim'), claim));
    found[claim] = value;
  }
  return found;
}

function readRule(rule: ConfigObject, variable: 'claims' | 'user', errors: FieldError[]): Rule[] {
  const expression = readExpression(rule, { name: 'expression', variable, results: 'bool' }, errors);
  const message = rule.string('message');
  if (rule.string('expression') === '') errors.push(required(rule.at('expression'), 'expression is required'));
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

function readMapping(
  mapping: ConfigObject,
  results: 'string' | 'strings',
  errors: FieldError[],
): ClaimMapping | Expression | undefined {
  const claim = mapping.string('claim');
  const prefix = mapping.string('prefix');
  if (mapping.string('expression') !== '') {
    if (claim !== '') errors.push(invalid(mapping.at('claim'), claim, "claim and expression can't both be set"));
    if (mapping.has('prefix'))
      errors.push(invalid(mapping.at('prefix'), prefix, "prefix can't be set when expression is set"));
    const wanted = { name: 'expression', variable: 'claims', results } as const;
    return readExpression(mapping, wanted, errors) ?? { claim, prefix };
  }
  if (claim === '') {
    if (prefix !== '')
      errors.push(invalid(mapping.at('prefix'), prefix, 'non-empty prefix is set but claim is not set'));
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
  const claim = mapping.string('claim');
  const expression = readExpression(mapping, { name: 'expression', variable: 'claims', results: 'string' }, errors);
  if (claim !== '' && mapping.string('expression') !== '')
    errors.push(invalid(mapping.at('claim'), claim, "claim and expression can't both be set"));
  return expression ?? (claim === '' ? undefined : claim);
}

function readExtra(
  mappings: ConfigObject,
  errors: FieldError[],
): { readonly key: string; readonly value: Expression }[] {
  const seen = new Set<string>();
  return mappings.objects('extra').flatMap((object) => {
    const key = object.string('key');
    const at = object.at('key');
    if (key === '') errors.push(required(at));
    else if (!/^[a-z0-9.-]+\/.+$/.test(key))
      errors.push(invalid(at, key, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    else if (/(^|\.)(kubernetes|k8s)\.io\//.test(key))
      errors.push(invalid(at, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'));
    if (key !== key.toLowerCase()) errors.push(invalid(at, key, 'must be lowercase'));
    if (seen.has(key)) errors.push(duplicate(at, key));
    seen.add(key);
    if (object.string('valueExpression') === '')
      errors.push(required(object.at('valueExpression'), 'valueExpression is required'));
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

function checkedUrl(object: ConfigObject, name: string, errors: FieldError[]): string {
  const text = object.string(name);
  const path = object.at(name);
  if (text === '') errors.push(required(path, 'URL is required'));
  else errors.push(...urlErrors(text, path));
  return text;
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
