/** This machine's addresses. */
import { networkInterfaces } from 'node:os';

/** Its IPv4 address in the network that it is in, if it is in one. */
export function primaryAddress(): string | undefined {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !/^(kt-|cni|docker|veth|br-)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
