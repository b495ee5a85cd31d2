/** Requests and connections of probes. Failures are told in Go's words, which people and tools know. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { enumOf, HostError, proto3 } from '../../base/mod.ts';
import type { HttpProbeRequest, ProbeDialer } from '../../kubelet/ports.ts';
import { GrpcChannel, type GrpcMethod } from '../grpc.ts';
import { codeOf } from './errors.ts';

const bodyBytesMax = 10 * 1024;
const redirectsMax = 10;

export const linuxDialer: ProbeDialer = { http, tcp, grpc };

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
  ENOTFOUND: 'lookup: no such host',
};

function dialText(error: unknown, host: string, port: number | string): string {
  const code = codeOf(error) ?? '';
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
  if (texts[code] !== undefined) return `dial tcp ${address}: ${texts[code]}`;
  if (code === 'ECONNRESET') return 'EOF';
  return error instanceof Error ? error.message : String(error);
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string | undefined;
}

async function http({ url, headers, timeoutMs }: HttpProbeRequest): Promise<{ status: number; body: string }> {
  const over = AbortSignal.timeout(timeoutMs);
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const answer = await once(at, headers, over);
    if (answer.location === undefined || answer.status < 300 || answer.status >= 400) return answer;
    const next = URL.parse(answer.location, at);
    if (next === null || next.hostname !== new URL(url).hostname) return answer;
    if (redirects >= redirectsMax)
      throw new HostError('TOOMANYREDIRECTS', `Get "${next.href}": stopped after ${redirectsMax} redirects`);
    at = next.href;
  }
}

function once(url: string, headers: HttpProbeRequest['headers'], signal: AbortSignal): Promise<Answer> {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === 'https:';
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const late = signal.aborted;
      const text = late
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : dialText(error, hostname, port === '' ? (secure ? 443 : 80) : port);
      reject(new HostError(late ? 'ETIMEDOUT' : (codeOf(error) ?? 'EIO'), `Get "${url}": ${text}`));
    };
    // A probe asks whether the server answers; who it is has nothing to do with that.
    const options = {
      headers: grouped(headers),
      signal,
      agent: false as const,
      ...(secure ? { rejectUnauthorized: false } : {}),
    };
    const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
      firstBytes(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, body, location: response.headers.location });
        response.destroy();
      }, fail);
    });
    request.on('error', fail);
    request.end();
  });
}

function grouped(headers: HttpProbeRequest['headers']): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const [name, value] of headers) (out[name] ??= []).push(value);
  return out;
}

async function firstBytes(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= bodyBytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, bodyBytesMax).toString('utf8');
}

function tcp(host: string, port: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new HostError('ETIMEDOUT', `dial tcp ${host}:${port}: i/o timeout`));
    }, timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(new HostError(codeOf(error) ?? 'EIO', dialText(error, host, port)));
    });
  });
}

const healthCheck: GrpcMethod<{ readonly service: string }, { readonly status: string }> = {
  path: '/grpc.health.v1.Health/Check',
  request: proto3<{ readonly service: string }>('HealthCheckRequest', { service: [1, 'string'] }),
  response: proto3<{ readonly status: string }>('HealthCheckResponse', {
    status: [1, enumOf('UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN')],
  }),
};

async function grpc(host: string, port: number, service: string, timeoutMs: number): Promise<string> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const channel = new GrpcChannel({ address });
  try {
    return (await channel.unary(healthCheck, { service }, { timeoutMs })).status;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(error.code, grpcText(error, address, timeoutMs));
  } finally {
    channel.close();
  }
}

function grpcText({ code, message }: HostError, address: string, timeoutMs: number): string {
  const seconds = `${timeoutMs / 1000}s`;
  if (code === 'Unimplemented')
    return `this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`;
  if (code === 'DeadlineExceeded') return `timeout: health rpc did not complete within ${seconds}`;
  if (code === 'Unavailable') return `timeout: failed to connect service "${address}" within ${seconds}: ${message}`;
  return message;
}
