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
import type { AnonymousPolicy } from './authenticator.ts';
import { signingAlgorithms, type ClaimMapping, type JwtIssuer } from './oidc.ts';

export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtIssuer[];
  /** Undefined: what the flag says. */
  readonly anonymous: AnonymousPolicy | undefined;
}

const withoutCel = 'CEL expressions are not supported here; use claim';
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
  for (const rule of object.objects('userValidationRules')) refuseExpression(rule, 'expression', errors);
  for (const extra of mappings.objects('extra')) refuseExpression(extra, 'valueExpression', errors);
  const requiredClaims = readRules(object.objects('claimValidationRules'), errors);
  const username = readMapping(mappings.object('username'), errors);
  if (username === undefined) errors.push(required(mappings.at('username'), 'claim or expression is required'));
  const groups = readMapping(mappings.object('groups'), errors);
  const uid = mappings.object('uid');
  refuseExpression(uid, 'expression', errors);
  const uidClaim = uid.string('claim');
  return {
    url,
    ...(discoveryUrl === '' ? {} : { discoveryUrl }),
    ...(certificateAuthority === '' ? {} : { certificateAuthority }),
    audiences,
    algorithms: signingAlgorithms,
    username: username ?? { claim: '', prefix: '' },
    ...(groups === undefined ? {} : { groups }),
    ...(uidClaim === '' ? {} : { uidClaim }),
    requiredClaims,
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

function readRules(rules: readonly ConfigObject[], errors: FieldError[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const rule of rules) {
    const claim = rule.string('claim');
    const value = rule.string('requiredValue');
    if (refuseExpression(rule, 'expression', errors)) continue;
    if (claim === '') errors.push(required(rule.at('claim'), 'claim or expression is required'));
    else if (found[claim] !== undefined) errors.push(duplicate(rule.at('claim'), claim));
    found[claim] = value;
  }
  return found;
}

function readMapping(mapping: ConfigObject, errors: FieldError[]): ClaimMapping | undefined {
  const claim = mapping.string('claim');
  const prefix = mapping.string('prefix');
  const expression = refuseExpression(mapping, 'expression', errors);
  if (claim === '') {
    if (prefix !== '') errors.push(invalid(mapping.at('prefix'), prefix, 'prefix requires claim to be set'));
    return expression ? { claim, prefix } : undefined;
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

/** Whether there is one. */
function refuseExpression(object: ConfigObject, name: string, errors: FieldError[]): boolean {
  object.string('message');
  object.string('key');
  if (object.string(name) === '') return false;
  errors.push(forbidden(object.at(name), withoutCel));
  return true;
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
