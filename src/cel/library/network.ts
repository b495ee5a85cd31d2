/** IP addresses and networks, parsed as Go's netip does: no leading zeros, no zones, no IPv4 inside of IPv6. */
import {
  type Cidr,
  cidrContains,
  goQuote,
  type IpAddress,
  ipText,
  maskIp,
  parseCidr,
  parseIp,
} from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { opaqueType } from '../types.ts';
import { EvalError, Extension, noSuchOverload, type Result } from '../values.ts';

const ipType = opaqueType('net.IP');
const cidrType = opaqueType('net.CIDR');

class IpValue extends Extension {
  readonly type = ipType;
  readonly address: IpAddress;
  override readonly size: number;
  constructor(address: IpAddress) {
    super();
    this.address = address;
    this.size = address.bytes.length;
  }
  equals(other: Extension): boolean {
    return other instanceof IpValue && ipText(other.address) === ipText(this.address);
  }
}

class CidrValue extends Extension {
  readonly type = cidrType;
  readonly cidr: Cidr;
  override readonly size: number;
  constructor(cidr: Cidr) {
    super();
    this.cidr = cidr;
    this.size = Math.ceil(cidr.prefixLength / 8);
  }
  equals(other: Extension): boolean {
    return other instanceof CidrValue && cidrText(other) === cidrText(this);
  }
}

function cidrText({ cidr }: CidrValue): string {
  return `${ipText(cidr.address)}/${cidr.prefixLength}`;
}

/** Why it is no IPv4 address, as far as the reason can be told apart. */
function ipv4Problem(text: string): string {
  const parts = text.split('.');
  for (const part of parts) {
    const wrong = /[^0-9]/.exec(part);
    if (wrong !== null) return `unexpected character (at ${goQuote(text.slice(text.indexOf(wrong[0])))})`;
    if (part === '') return `IPv4 field must have at least one digit (at ${goQuote(text.slice(-1))})`;
    if (part.length > 1 && part.startsWith('0')) return 'IPv4 field has octet with leading zero';
    if (Number(part) > 255) return 'IPv4 field has value >255';
  }
  return parts.length > 4 ? 'IPv4 address too long' : 'IPv4 address too short';
}

function addressProblem(text: string): string {
  if (text.includes(':')) return `ParseAddr(${goQuote(text)}): unexpected character, want colon`;
  return `ParseAddr(${goQuote(text)}): ${text.includes('.') ? ipv4Problem(text) : 'unable to parse IP'}`;
}

function parseAddress(text: string): IpAddress | EvalError {
  const bare = text.replace(/%.+$/s, '');
  const address = parseIp(bare);
  if (address === undefined || address.leadingZero || (bare !== text && address.family === 4 && !address.mapped))
    return new EvalError(
      `IP Address ${goQuote(text)} parse error during conversion from string: ${addressProblem(text)}`,
    );
  if (bare !== text) return new EvalError(`IP address ${goQuote(text)} with zone value is not allowed`);
  return address.mapped ? new EvalError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`) : address;
}

function ip(text: string): Result {
  const address = parseAddress(text);
  return address instanceof EvalError ? address : new IpValue(address);
}

function isCanonical(text: string): Result {
  const address = parseAddress(text);
  return address instanceof EvalError ? address : ipText(address) === text;
}

function prefixProblem(text: string): string {
  const problem = (why: string): string => `netip.ParsePrefix(${goQuote(text)}): ${why}`;
  const slash = text.lastIndexOf('/');
  if (slash < 0) return problem("no '/'");
  const address = parseIp(text.slice(0, slash));
  if (address === undefined || address.leadingZero) return problem(addressProblem(text.slice(0, slash)));
  const bits = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d*)$/.test(bits)) return problem(`bad bits after slash: ${goQuote(bits)}`);
  return problem('prefix length out of range');
}

function parseNetwork(text: string): Cidr | EvalError {
  const cidr = parseCidr(text);
  const context = 'network address parse error during conversion from string';
  // Upstream says it twice.
  if (cidr === undefined || cidr.leadingZero) return new EvalError(`${context}: ${context}: ${prefixProblem(text)}`);
  if (!cidr.address.mapped) return cidr;
  return new EvalError(`${context}: IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
}

function cidr(text: string): Result {
  const parsed = parseNetwork(text);
  return parsed instanceof EvalError ? parsed : new CidrValue(parsed);
}

function containsIp({ cidr: network }: CidrValue, other: IpValue | string): Result {
  const address = typeof other === 'string' ? parseAddress(other) : other.address;
  // Why the address is none is not passed on.
  return address instanceof EvalError ? noSuchOverload : cidrContains(network, address);
}

function containsCidr({ cidr: network }: CidrValue, other: CidrValue | string): Result {
  const inner = typeof other === 'string' ? parseNetwork(other) : other.cidr;
  if (inner instanceof EvalError) return inner;
  return inner.prefixLength >= network.prefixLength && cidrContains(network, inner.address);
}

function startsWith(address: IpAddress, bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => address.bytes[i] === byte);
}

function isUnspecified({ address }: IpValue): boolean {
  return address.bytes.every((byte) => byte === 0);
}

function isLoopback({ address }: IpValue): boolean {
  return address.family === 4 ? startsWith(address, [127]) : ipText(address) === '::1';
}

function isMulticast({ address: { family, bytes } }: IpValue): boolean {
  const [first = 0] = bytes;
  return family === 4 ? (first & 0xf0) === 0xe0 : first === 0xff;
}

function isLinkLocalMulticast({ address }: IpValue): boolean {
  if (address.family === 4) return startsWith(address, [224, 0, 0]);
  return address.bytes[0] === 0xff && ((address.bytes[1] ?? 0) & 0x0f) === 2;
}

function isLinkLocalUnicast({ address }: IpValue): boolean {
  if (address.family === 4) return startsWith(address, [169, 254]);
  return address.bytes[0] === 0xfe && ((address.bytes[1] ?? 0) & 0xc0) === 0x80;
}

function isGlobalUnicast(value: IpValue): boolean {
  const broadcast = value.address.family === 4 && startsWith(value.address, [255, 255, 255, 255]);
  return !(broadcast || isUnspecified(value) || isLoopback(value) || isMulticast(value) || isLinkLocalUnicast(value));
}

function masked({ cidr: { address, prefixLength } }: CidrValue): Result {
  return new CidrValue({ address: maskIp(address, prefixLength), prefixLength, leadingZero: false });
}

export const networkLibrary: Library = {
  types: [ipType, cidrType],
  functions: [
    fn(
      'ip',
      overload('string_to_ip', '(string): net.IP', ip),
      overload('cidr_ip', 'net.CIDR.(): net.IP', (network: CidrValue) => new IpValue(network.cidr.address)),
    ),
    fn(
      'isIP',
      overload('is_ip_string', '(string): bool', (text: string) => !(parseAddress(text) instanceof EvalError)),
    ),
    fn('ip.isCanonical', overload('ip_is_canonical', '(string): bool', isCanonical)),
    fn(
      'family',
      overload('ip_family', 'net.IP.(): int', ({ address }: IpValue) => address.family),
    ),
    fn('isUnspecified', overload('ip_is_unspecified', 'net.IP.(): bool', isUnspecified)),
    fn('isLoopback', overload('ip_is_loopback', 'net.IP.(): bool', isLoopback)),
    fn('isLinkLocalMulticast', overload('ip_is_link_local_multicast', 'net.IP.(): bool', isLinkLocalMulticast)),
    fn('isLinkLocalUnicast', overload('ip_is_link_local_unicast', 'net.IP.(): bool', isLinkLocalUnicast)),
    fn('isGlobalUnicast', overload('ip_is_global_unicast', 'net.IP.(): bool', isGlobalUnicast)),
    fn('cidr', overload('string_to_cidr', '(string): net.CIDR', cidr)),
    fn(
      'isCIDR',
      overload('is_cidr', '(string): bool', (text: string) => !(parseNetwork(text) instanceof EvalError)),
    ),
    fn(
      'containsIP',
      overload('cidr_contains_ip_string', 'net.CIDR.(string): bool', containsIp),
      overload('cidr_contains_ip_ip', 'net.CIDR.(net.IP): bool', containsIp),
    ),
    fn(
      'containsCIDR',
      overload('cidr_contains_cidr_string', 'net.CIDR.(string): bool', containsCidr),
      overload('cidr_contains_cidr', 'net.CIDR.(net.CIDR): bool', containsCidr),
    ),
    fn('masked', overload('cidr_masked', 'net.CIDR.(): net.CIDR', masked)),
    fn(
      'prefixLength',
      overload('cidr_prefix_length', 'net.CIDR.(): int', (network: CidrValue) => network.cidr.prefixLength),
    ),
    fn(
      'string',
      overload('ip_to_string', '(net.IP): string', ({ address }: IpValue) => ipText(address)),
      overload('cidr_to_string', '(net.CIDR): string', cidrText),
    ),
  ],
};
