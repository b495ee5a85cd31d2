/** What is asked of an ingress: hosts that are names, paths without tricks, backends that can be found. */
import type { DeepReadonly } from '../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  field,
  invalid,
  nameIsDns1123Label,
  nameIsDns1123Subdomain,
  notSupported,
  parseIp,
  portNameErrors,
  portNumberErrors,
  required,
  wildcardDns1123SubdomainErrors,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { checkLocalReference, report, type Errors } from '../../checks.ts';
import type {
  HTTPIngressPath,
  HTTPIngressRuleValue,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from '../../upstream/types.ts';

type ReadonlySpec = DeepReadonly<IngressSpec>;

/** What an ingress that is there already may keep. */
interface Tolerated {
  readonly anySecretName?: boolean;
  readonly anyWildcardRule?: boolean;
}

const specPath = field('spec');

export function checkIngressSpec(errors: Errors, spec: ReadonlySpec, tolerated: Tolerated): void {
  const { rules = [], defaultBackend, tls = [], ingressClassName: className } = spec;
  if (rules.length === 0 && defaultBackend === undefined)
    errors.push(invalid(specPath, spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  if (defaultBackend !== undefined) checkBackend(errors, defaultBackend, specPath.child('defaultBackend'));
  for (const [i, rule] of rules.entries()) checkRule(errors, rule, tolerated, specPath.child('rules').index(i));
  for (const [i, one] of tls.entries()) checkTls(errors, one, tolerated, specPath.child('tls').index(i));
  if (className !== undefined)
    report(errors, specPath.child('ingressClassName'), className, nameIsDns1123Subdomain(className, false));
}

const isWildcard = (host: string): boolean => host.includes('*');

function hostErrors(host: string): readonly string[] {
  return isWildcard(host) ? wildcardDns1123SubdomainErrors(host) : dns1123SubdomainErrors(host);
}

function secretNameErrors(name: string): readonly string[] {
  return name === '' ? [] : nameIsDns1123Subdomain(name, false);
}

function checkTls(
  errors: Errors,
  { hosts = [], secretName = '' }: DeepReadonly<IngressTLS>,
  { anySecretName }: Tolerated,
  path: FieldPath,
): void {
  for (const [i, host] of hosts.entries()) report(errors, path.child('hosts').index(i), host, hostErrors(host));
  if (anySecretName !== true) report(errors, path.child('secretName'), secretName, secretNameErrors(secretName));
}

function checkRule(
  errors: Errors,
  { host = '', http }: DeepReadonly<IngressRule>,
  { anyWildcardRule }: Tolerated,
  path: FieldPath,
): void {
  if (host !== '') {
    if (parseIp(host) !== undefined)
      errors.push(invalid(path.child('host'), host, 'must be a DNS name, not an IP address'));
    report(errors, path.child('host'), host, hostErrors(host));
  }
  if (http !== undefined && !(isWildcard(host) && anyWildcardRule === true))
    checkHttp(errors, http, path.child('http'));
}

function checkHttp(errors: Errors, http: DeepReadonly<HTTPIngressRuleValue>, path: FieldPath): void {
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(required(path.child('paths')));
  for (const [i, one] of paths.entries()) checkPath(errors, one, path.child('paths').index(i));
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const forbiddenSequences = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenSuffixes = ['/..', '/.'];

function checkPath(errors: Errors, given: DeepReadonly<HTTPIngressPath>, path: FieldPath): void {
  const { path: target = '', backend } = given;
  const pathType: string | undefined = given.pathType;
  const at = path.child('path');
  const notAbsolute = invalid(at, target, 'must be an absolute path');
  if (pathType === undefined) return void errors.push(required(path.child('pathType'), 'pathType must be specified'));
  if (!pathTypes.includes(pathType)) errors.push(notSupported(path.child('pathType'), pathType, pathTypes));
  else if (pathType === 'ImplementationSpecific') {
    if (target !== '' && !target.startsWith('/')) errors.push(notAbsolute);
  } else {
    if (!target.startsWith('/')) errors.push(notAbsolute);
    for (const part of forbiddenSequences)
      if (target.includes(part)) errors.push(invalid(at, target, `must not contain '${part}'`));
    for (const end of forbiddenSuffixes)
      if (target.endsWith(end)) errors.push(invalid(at, target, `cannot end with '${end}'`));
  }
  checkBackend(errors, backend, path.child('backend'));
}

function checkBackend(errors: Errors, { resource, service }: DeepReadonly<IngressBackend>, path: FieldPath): void {
  if (resource !== undefined && service !== undefined)
    errors.push(invalid(path, '', 'cannot set both resource and service backends'));
  else if (resource !== undefined) checkLocalReference(errors, resource, path.child('resource'));
  else if (service !== undefined) checkService(errors, service, path);
  else errors.push(invalid(path, '', 'resource or service backend is required'));
}

function checkService(
  errors: Errors,
  { name, port: { name: portName = '', number = 0 } = {} }: DeepReadonly<IngressServiceBackend>,
  path: FieldPath,
): void {
  const at = path.child('service');
  if (name === '') errors.push(required(at.child('name')));
  else report(errors, at.child('name'), name, nameIsDns1123Label(name, false));
  if (portName !== '' && number !== 0) errors.push(invalid(path, '', 'cannot set both port name & port number'));
  else if (portName !== '') report(errors, at.child('port', 'name'), portName, portNameErrors(portName));
  else if (number !== 0) report(errors, at.child('port', 'number'), number, portNumberErrors(number));
  else errors.push(required(path, 'port name or number is required'));
}

export function hasInvalidSecretName({ tls = [] }: ReadonlySpec): boolean {
  return tls.some(({ secretName = '' }) => secretNameErrors(secretName).length > 0);
}

export function hasInvalidWildcardRule({ rules = [] }: ReadonlySpec): boolean {
  return rules.some(({ host = '', http }) => {
    const errors: Errors = [];
    if (isWildcard(host) && http !== undefined) checkHttp(errors, http, specPath);
    return errors.length > 0;
  });
}
