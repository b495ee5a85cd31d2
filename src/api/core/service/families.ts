/**
 * Which IP families a service has, decided before addresses are given. The cluster has one family, that of its service
 * CIDR; only a headless service without a selector may name others, because nobody here gives it addresses.
 */
import type { DeepReadonly } from '../../../base/mod.ts';
import {
  duplicate,
  field,
  invalid,
  notSupported,
  parseCidr,
  parseIp,
  required,
  type FieldError,
} from '../../../machinery/mod.ts';
import { checkIp, checkOptionalChoice, type Errors } from '../../checks.ts';
import type { Service, ServiceSpec } from '../../upstream/types.ts';

type ReadonlyService = DeepReadonly<Service>;
type Family = 'IPv4' | 'IPv6';

const specPath = field('spec');
const ipsPath = specPath.child('clusterIPs');
const familiesPath = specPath.child('ipFamilies');
const policyPath = specPath.child('ipFamilyPolicy');

export function familyOf(ip: string): Family {
  return parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4';
}

export function familyOfCidr(cidr: string): Family {
  return parseCidr(cidr)?.address.family === 6 ? 'IPv6' : 'IPv4';
}

export function isHeadless({ clusterIPs }: DeepReadonly<ServiceSpec>): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === 'None';
}

/** What is wrong with cluster IPs, families and policy by themselves and with each other. */
export function clusterIpErrors({ spec = {} }: ReadonlyService): FieldError[] {
  const errors: Errors = [];
  if (spec.type === 'ExternalName') return errors;
  const { clusterIP = '', clusterIPs: ips = [], ipFamilies: families = [] } = spec;
  if (clusterIP !== '') {
    if (ips.length === 0) errors.push(required(ipsPath));
    else if (ips[0] !== clusterIP) errors.push(invalid(ipsPath, ips, 'first value must match `clusterIP`'));
  } else if (ips.length > 0) errors.push(invalid(ipsPath, ips, 'must be empty when `clusterIP` is not specified'));
  for (const [i, family] of families.entries()) {
    if (family !== 'IPv4' && family !== 'IPv6')
      errors.push(notSupported(familiesPath.index(i), family, ['IPv4', 'IPv6']));
    if (families.indexOf(family) < i) errors.push(duplicate(familiesPath.index(i), family));
  }
  checkOptionalChoice(errors, spec.ipFamilyPolicy, ['PreferDualStack', 'RequireDualStack', 'SingleStack'], policyPath);
  const before = errors.length;
  for (const [i, ip] of ips.entries()) {
    if (i === 0 && ip === 'None') {
      if (ips.length > 1) errors.push(invalid(ipsPath, ips, "'None' must be the first and only value"));
    } else checkIp(errors, ip, ipsPath.index(i));
  }
  const wrong = errors.length > before;
  if (ips.length > 2) errors.push(invalid(ipsPath, ips, 'may only hold up to 2 values'));
  if (wrong) return errors;
  if (ips.length > 1 && new Set(ips.map(familyOf)).size < 2)
    errors.push(invalid(ipsPath, ips, 'may specify no more than one IP for each IP family'));
  if (isHeadless(spec)) return errors;
  for (const [i, ip] of ips.entries()) {
    const family = families[i];
    if (family !== undefined && family !== familyOf(ip))
      errors.push(invalid(ipsPath.index(i), ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``));
  }
  return errors;
}

/** Fills in policy and families; returns what stands in the way. */
export function assignFamilies(
  spec: ServiceSpec,
  old: DeepReadonly<ServiceSpec> | undefined,
  clusterFamily: Family,
): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const selectorless = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (selectorless ? 'RequireDualStack' : 'SingleStack');
  const wrong = clusterIpErrors({ metadata: {}, spec });
  if (wrong.length > 0) return wrong;
  const errors: Errors = [];
  const single = spec.ipFamilyPolicy === 'SingleStack';
  if (single && (spec.clusterIPs ?? []).length === 2)
    errors.push(
      invalid(
        policyPath,
        spec.ipFamilyPolicy,
        "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified",
      ),
    );
  if (single && (spec.ipFamilies ?? []).length === 2)
    errors.push(
      invalid(
        policyPath,
        spec.ipFamilyPolicy,
        "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
      ),
    );
  const families = [...(spec.ipFamilies ?? [])];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break;
    if (i < families.length) continue;
    if (familyOf(ip) === clusterFamily) families.push(familyOf(ip));
    else errors.push(invalid(ipsPath.index(i), spec.clusterIPs, `${familyOf(ip)} is not configured on this cluster`));
  }
  if (errors.length > 0) return errors;
  if (selectorless) {
    if (families.length === 0) families.push(clusterFamily);
    if (families.length === 1 && !single) families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
    spec.ipFamilies = families;
    return errors;
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack')
    errors.push(invalid(policyPath, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  for (const [i, family] of families.entries())
    if (family !== clusterFamily) errors.push(invalid(familiesPath.index(i), family, 'not configured on this cluster'));
  if (errors.length > 0) return errors;
  spec.ipFamilies = families.length === 0 ? [clusterFamily] : families;
  return errors;
}
