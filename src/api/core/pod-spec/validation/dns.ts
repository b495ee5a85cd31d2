/** How the names of a pod are resolved. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  dns1123SubdomainWithUnderscoreErrors,
  invalid,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkIp, report, type Errors } from '../../../checks.ts';
import type { HostAlias, PodSpec } from '../../../upstream/types.ts';

/** Limits of the C library in containers. */
const nameserversMax = 3;
const searchesMax = 32;
const searchesLengthMax = 2048;

export function checkDnsConfig(errors: Errors, { dnsConfig, dnsPolicy }: DeepReadonly<PodSpec>, path: FieldPath): void {
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined)
      return void errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    if ((dnsConfig.nameservers ?? []).length === 0)
      return void errors.push(
        required(path.child('nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
      );
  }
  if (dnsConfig === undefined) return;
  const { nameservers = [], searches = [], options = [] } = dnsConfig;
  if (nameservers.length > nameserversMax)
    errors.push(
      invalid(path.child('nameservers'), nameservers, `must not have more than ${nameserversMax} nameservers`),
    );
  for (const [i, ip] of nameservers.entries()) checkIp(errors, ip, path.child('nameservers').index(i));
  if (searches.length > searchesMax)
    errors.push(invalid(path.child('searches'), searches, `must not have more than ${searchesMax} search paths`));
  if (searches.join(' ').length > searchesLengthMax)
    errors.push(
      invalid(
        path.child('searches'),
        searches,
        `must not have more than ${searchesLengthMax} characters (including spaces) in the search list`,
      ),
    );
  for (const [i, search] of searches.entries()) {
    if (search === '.') continue;
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    report(errors, path.child('searches').index(i), name, dns1123SubdomainWithUnderscoreErrors(name));
  }
  for (const [i, { name = '' }] of options.entries())
    if (name === '') errors.push(required(path.child('options').index(i), 'must not be empty'));
}

export function checkHostAliases(errors: Errors, aliases: readonly DeepReadonly<HostAlias>[], path: FieldPath): void {
  for (const [i, { ip, hostnames }] of aliases.entries()) {
    checkIp(errors, ip, path.index(i).child('ip'));
    for (const [j, name] of (hostnames ?? []).entries())
      report(errors, path.index(i).child('hostnames').index(j), name, dns1123SubdomainErrors(name));
  }
}
