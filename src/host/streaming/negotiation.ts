/**
 * What a request to upgrade asks for, read from its headers, and the protocol that both sides speak. Pure: nothing is
 * answered here.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** Prefix of the WebSocket protocols that carry a SPDY connection inside. */
export const TUNNEL_PREFIX = 'SPDY/3.1+';

export type UpgradeTransport = 'spdy' | 'websocket' | 'tunnel' | 'other';

export interface UpgradeOffer {
  readonly transport: UpgradeTransport;
  /** What the client can speak, best first; for a tunnel, inside of it. */
  readonly protocols: readonly string[];
}

/** Reads the offer. Node joins repeated headers with commas. */
export function readOffer(headers: IncomingHttpHeaders): UpgradeOffer {
  const upgrade = (headers.upgrade ?? '').toLowerCase();
  if (upgrade.includes('spdy/3.1')) {
    return { transport: 'spdy', protocols: commaSeparated(headers['x-stream-protocol-version']) };
  }
  if (upgrade !== 'websocket') return { transport: 'other', protocols: [] };
  const protocols = commaSeparated(headers['sec-websocket-protocol']);
  const inside = protocols.filter((name) => name.startsWith(TUNNEL_PREFIX) && name.endsWith('k8s.io'));
  if (inside.length === 0) return { transport: 'websocket', protocols };
  return { transport: 'tunnel', protocols: inside.map((name) => name.slice(TUNNEL_PREFIX.length)) };
}

function commaSeparated(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The first protocol that the client names and the server has. A WebSocket client may name none at all: ''. */
export function negotiate(offer: UpgradeOffer, supported: readonly string[]): string | undefined {
  if (offer.transport === 'websocket' && offer.protocols.length === 0) return '';
  return offer.protocols.find((name) => supported.includes(name));
}
