/**
 * What exec and attach put on their streams, the same for SPDY and WebSocket: the names of the protocols, the status on
 * the error stream and the sizes on the resize stream.
 */
import { type ByteSink, type ByteSource, HostError, type RemoteCommandStatus } from '../../base/mod.ts';
import type { RemoteCommandOptions, TerminalSize } from '../../base/mod.ts';

/** Best first. Version 5 only adds the half-close of a channel, which SPDY always had. */
export const SPDY_COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const;

export const WEBSOCKET_COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
] as const;

const STATUS_BYTES_MAX = 1024 * 1024;
const SIZE_TEXT_MAX = 4096;

/** 4 for `v4.channel.k8s.io`; the protocol without a version is the first. */
export function protocolVersion(protocol: string): number {
  return Number(/^v(\d)\./.exec(protocol)?.[1] ?? '1');
}

/** Without stderr when there is a terminal, as all of Kubernetes does it. */
export function effectiveOptions(options: RemoteCommandOptions): RemoteCommandOptions {
  return options.tty ? { ...options, stderr: false } : options;
}

/** Since version 4 the error stream carries a Status as JSON; before, a text when the command failed. */
export async function writeStatus(sink: ByteSink, status: RemoteCommandStatus, version: number): Promise<void> {
  if (version >= 4) await sink.write(Buffer.from(JSON.stringify(status)));
  else if (status.status !== 'Success') await sink.write(Buffer.from(status.message ?? 'unknown error'));
}

export async function readStatus(source: ByteSource, version: number): Promise<RemoteCommandStatus> {
  const text = await readText(source);
  if (version < 4) {
    if (text === '') return { status: 'Success' };
    return { status: 'Failure', message: `error executing remote command: ${text}` };
  }
  if (text === '') throw new HostError('Cut', 'the session ended without the status of the command');
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch (error) {
    throw new HostError('Protocol', `error stream protocol error: ${text.slice(0, 200)}`, { cause: error });
  }
  if (isStatus(status)) return status;
  throw new HostError('Protocol', `error stream protocol error: unknown status in ${text.slice(0, 200)}`);
}

function isStatus(value: unknown): value is RemoteCommandStatus {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false;
  return value.status === 'Success' || value.status === 'Failure';
}

/** All of a short stream as text. */
export async function readText(source: ByteSource): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > STATUS_BYTES_MAX) throw new HostError('Limit', 'error stream is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The sizes in a stream of JSON objects, one after the other, however they are cut into chunks. */
export async function* terminalSizes(source: ByteSource): AsyncGenerator<TerminalSize> {
  let text = '';
  for await (const chunk of source) {
    text += Buffer.from(chunk).toString('latin1');
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = parseSize(text.slice(0, end + 1));
      text = text.slice(end + 1);
      if (size) yield size;
    }
    if (text.length > SIZE_TEXT_MAX) return;
  }
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { Width, Height } = value as Record<string, unknown>;
    return isCells(Width) && isCells(Height) ? { Width, Height } : undefined;
  } catch {
    return undefined;
  }
}

function isCells(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}
