/** Arithmetic on IPv4 and IPv6 prefixes in their textual form. Addresses are numbers of 32 or 128 bits. */
import { TerminalError } from '../base/mod.ts';

export interface Cidr {
  readonly family: 'ip' | 'ip6';
  readonly base: bigint;
  readonly prefixLength: number;
}

/** Bits below the prefix are cleared; throws TerminalError with the value for what is no prefix. */
export function parseCidr(text: string): Cidr {
  const [address = '', length = ''] = text.split('/');
  const family = address.includes(':') ? 'ip6' : 'ip';
  const bits = family === 'ip' ? 32 : 128;
  const value = family === 'ip' ? parseIpv4(address) : parseIpv6(address);
  const prefixLength = /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (value === undefined || prefixLength < 0 || prefixLength > bits) {
    throw new TerminalError(`"${text}" is not a network prefix like 10.244.0.0/24`);
  }
  const shift = BigInt(bits - prefixLength);
  return { family, base: (value >> shift) << shift, prefixLength };
}

/** The address `offset` places into the prefix. */
export function addressAt({ family, base }: Cidr, offset: number): string {
  const value = base + BigInt(offset);
  return family === 'ip' ? formatIpv4(value) : formatIpv6(value);
}

export function formatCidr(cidr: Cidr): string {
  return `${addressAt(cidr, 0)}/${cidr.prefixLength}`;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

function parseIpv6(text: string): bigint | undefined {
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return undefined;
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}

/** With the longest run of zero groups shortened, as RFC 5952 has it. */
function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (groups[i + length] === '0') length++;
    if (length > best.length) best = { at: i, length };
  }
  if (best.at < 0) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}
