/** The network prefixes of nodes and pods, and the addresses in them. */
import { TerminalError } from '../base/mod.ts';
import { ipText, parseCidr } from '../machinery/mod.ts';

export interface Prefix {
  readonly family: 'ip' | 'ip6';
  /** With the bits below the prefix cleared. */
  readonly bytes: readonly number[];
  readonly prefixLength: number;
}

/** Throws a TerminalError with the value for what is no prefix. */
export function parsePrefix(text: string): Prefix {
  const cidr = parseCidr(text);
  if (cidr === undefined || cidr.address.mapped) {
    throw new TerminalError(`"${text}" is not a network prefix like 10.244.0.0/24`);
  }
  const { address, prefixLength } = cidr;
  const kept = (i: number): number => Math.min(8, Math.max(0, prefixLength - 8 * i));
  const bytes = address.bytes.map((byte, i) => byte & (0xff00 >> kept(i)) & 0xff);
  return { family: address.family === 4 ? 'ip' : 'ip6', bytes, prefixLength };
}

/** The address `offset` places into the prefix. */
export function addressAt({ family, bytes }: Prefix, offset: number): string {
  const out = [...bytes];
  let carry = offset;
  for (let i = out.length - 1; i >= 0 && carry > 0; i--) {
    carry += out[i] ?? 0;
    out[i] = carry & 255;
    carry = Math.floor(carry / 256);
  }
  return ipText({ family: family === 'ip' ? 4 : 6, bytes: out, mapped: false, leadingZero: false });
}

export function prefixText(prefix: Prefix): string {
  return `${addressAt(prefix, 0)}/${prefix.prefixLength}`;
}
