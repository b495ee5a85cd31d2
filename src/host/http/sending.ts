/** Answers on Node: at once, compressed, in pieces, or as a stream with back-pressure. */
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { HttpResponse } from '../../apiserver/ports.ts';

/** HTTP/2's compatibility API is that of HTTP/1.1 as far as it is used here. */
export type NodeResponse = ServerResponse;

/** From this size on an answer is compressed for who can read that, as upstream does; below it costs more than it saves. */
const gzipBytesMin = 128 * 1024;

export interface Sending {
  readonly headOnly: boolean;
  readonly gzip: boolean;
}

/** Throws for what cannot be sent, before anything is. */
export function send(
  response: NodeResponse,
  { status, headers, repeated, body }: HttpResponse,
  { headOnly, gzip }: Sending,
): void {
  if (body instanceof Uint8Array) {
    if (gzip && body.length >= gzipBytesMin) return sendGzipped(response, { status, headers, body: [body] });
    response.writeHead(status, headerList(headers, body.length));
    response.end(headOnly ? undefined : body);
    return;
  }
  if (!('start' in body)) {
    let size = 0;
    for (const piece of body) size += piece.length;
    if (gzip && size >= gzipBytesMin) return sendGzipped(response, { status, headers, body });
    response.writeHead(status, headerList(headers, size));
    if (headOnly) response.end();
    else void sendPieces(response, body);
    return;
  }
  for (const [name, values] of Object.entries(repeated ?? {})) response.setHeader(name, values);
  response.writeHead(status, headers);
  response.flushHeaders();
  response.once('close', () => body.stop());
  body.start({
    write: (chunk) => response.write(chunk),
    onDrain: (resume) => response.on('drain', resume),
    end: () => endStream(response),
    cut: () => void response.destroy(),
  });
}

/** Names and values in turn, which Node takes with the least ado. */
function headerList(headers: HttpResponse['headers'], contentLength: number): string[] {
  const list: string[] = [];
  for (const name in headers) list.push(name, headers[name] ?? '');
  list.push('content-length', String(contentLength));
  return list;
}

/** A client that takes nothing for so long is as good as gone, and must not keep what it was to be sent. */
const stallMs = 60_000;

function endStream(response: NodeResponse): void {
  response.end();
  const timer = setTimeout(() => response.destroy(), stallMs).unref();
  response.once('close', () => clearTimeout(timer));
}

function sendGzipped(
  response: NodeResponse,
  { status, headers, body }: Omit<HttpResponse, 'body'> & { readonly body: readonly Uint8Array[] },
): void {
  const vary = [headers['vary'], 'Accept-Encoding'].filter((one) => one !== undefined).join(', ');
  response.writeHead(status, { ...headers, vary, 'content-encoding': 'gzip' });
  response.setTimeout(stallMs, () => void response.destroy());
  // As fast as it goes: most of what can be saved is saved at the first level.
  void pipeline(body, createGzip({ level: 1 }), response).catch(() => undefined);
}

/** Piece by piece as the client takes them, so that a long list is not copied into the socket's buffer at once. */
async function sendPieces(response: NodeResponse, pieces: readonly Uint8Array[]): Promise<void> {
  response.setTimeout(stallMs, () => void response.destroy());
  // A client that leaves in the middle is no failure of ours.
  await pipeline(pieces, response).catch(() => undefined);
}
