/** What is said of addresses that are accepted although they are not written as they should be. */
import { ipText, parseCidr, parseIp } from '../machinery/mod.ts';

export function ipWarnings(field: string, text: string): string[] {
  const ip = parseIp(text);
  if (ip === undefined) return [];
  if (ip.leadingZero || ip.mapped)
    return [
      `${field}: non-standard IP address "${text}" will be considered invalid in a future Kubernetes release: use "${ipText(ip)}"`,
    ];
  return ip.family === 6 && ipText(ip) !== text
    ? [`${field}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${ipText(ip)}")`]
    : [];
}

export function cidrWarnings(field: string, text: string): string[] {
  const cidr = parseCidr(text);
  if (cidr?.address.family !== 6) return [];
  const canonical = `${ipText(cidr.address)}/${cidr.prefixLength}`;
  return canonical === text
    ? []
    : [`${field}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${canonical}")`];
}
