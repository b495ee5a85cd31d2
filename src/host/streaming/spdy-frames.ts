/**
 * The bytes of SPDY/3.1: frames and compressed header blocks, without any connection state but the two compression
 * windows. Sizes are bounded: a control frame or a header block beyond its limit is an error, and data frames are handed
 * on in the pieces in which they arrive, whatever length they claim.
 *
 * A control frame is `80 03 | type:16 | flags:8 | length:24 | payload`, a data frame `0 stream:31 | flags:8 | length:24 |
 * payload`. https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { HostError } from '../../base/mod.ts';

export const FrameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const ResetStatus = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;

export const FLAG_FIN = 1;

const HEADER_BYTES = 8;
const CONTROL_BYTES_MAX = 64 * 1024;
const HEADER_BLOCK_BYTES_MAX = 256 * 1024;
const HEADERS_MAX = 256;
const WINDOW_BYTES = 32 * 1024;

/** Names are in lower case; repeated values are joined with a NUL on the wire and here. */
export type SpdyHeaders = ReadonlyMap<string, string>;

export interface FrameHandler {
  control(type: number, flags: number, payload: Buffer): void;
  /** `end` is set on the last piece of a frame that closes its sender's direction. */
  data(streamId: number, piece: Buffer, end: boolean): void;
}

export function controlFrame(type: number, flags: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.byteLength);
  frame.writeUInt16BE(0x8003, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt32BE(((flags << 24) | payload.byteLength) >>> 0, 4);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export function dataFrameHeader(streamId: number, flags: number, sizeBytes: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(streamId & 0x7fffffff, 0);
  header.writeUInt32BE(((flags << 24) | sizeBytes) >>> 0, 4);
  return header;
}

export function words(...values: number[]): Buffer {
  const buffer = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, index) => buffer.writeUInt32BE(value >>> 0, index * 4));
  return buffer;
}

/** Cuts a byte stream into frames, whatever the chunks it comes in. */
export class FrameReader {
  readonly #handler: FrameHandler;
  #pending: Buffer = Buffer.alloc(0);
  /** The data frame in progress: bytes that are still to come. */
  #dataLeft = 0;
  #dataStream = 0;
  #dataEnds = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    let rest = this.#pending.byteLength > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    for (;;) {
      if (this.#dataLeft > 0) rest = this.#takeData(rest);
      if (this.#dataLeft > 0 || rest.byteLength < HEADER_BYTES) break;
      const sizeBytes = rest.readUIntBE(5, 3);
      const flags = rest.readUInt8(4);
      if (rest.readUInt8(0) < 0x80) {
        this.#startData(rest.readUInt32BE(0), flags, sizeBytes);
        rest = rest.subarray(HEADER_BYTES);
        continue;
      }
      if (rest.readUInt16BE(0) !== 0x8003) throw new HostError('Protocol', 'not a SPDY/3 control frame');
      if (sizeBytes > CONTROL_BYTES_MAX) throw new HostError('Protocol', `control frame of ${sizeBytes} bytes`);
      if (rest.byteLength < HEADER_BYTES + sizeBytes) break;
      this.#handler.control(rest.readUInt16BE(2), flags, rest.subarray(HEADER_BYTES, HEADER_BYTES + sizeBytes));
      rest = rest.subarray(HEADER_BYTES + sizeBytes);
    }
    // The chunk may be a slice of a shared read buffer, so what stays is copied: less than one control frame.
    this.#pending = Buffer.from(rest);
  }

  #startData(streamId: number, flags: number, sizeBytes: number): void {
    this.#dataStream = streamId;
    this.#dataEnds = (flags & FLAG_FIN) !== 0;
    this.#dataLeft = sizeBytes;
    if (sizeBytes === 0) this.#handler.data(streamId, Buffer.alloc(0), this.#dataEnds);
  }

  #takeData(rest: Buffer): Buffer {
    const piece = rest.subarray(0, this.#dataLeft);
    this.#dataLeft -= piece.byteLength;
    if (piece.byteLength > 0) this.#handler.data(this.#dataStream, piece, this.#dataEnds && this.#dataLeft === 0);
    return rest.subarray(piece.byteLength);
  }
}

/**
 * Header blocks of one direction of a connection: one zlib stream, flushed after each block. Node has no synchronous zlib
 * stream that outlives a call, and asynchronous ones would let a later frame overtake; but a flushed block is whole
 * bytes of raw deflate that refer back to at most 32 KiB of earlier text, so each block is done in a call of its own with
 * that text as its dictionary. It also means that an idle connection holds no zlib state.
 */
export class HeaderEncoder {
  #window: Buffer = DICTIONARY;
  #started = false;

  encode(headers: SpdyHeaders): Buffer {
    const parts: Buffer[] = [words(headers.size)];
    for (const text of [...headers].flat()) {
      const bytes = Buffer.from(text);
      parts.push(words(bytes.byteLength), bytes);
    }
    const plain = Buffer.concat(parts);
    const dictionary = this.#window;
    const block = deflateRawSync(plain, { dictionary, finishFlush: constants.Z_SYNC_FLUSH });
    this.#window = slide(this.#window, plain);
    if (this.#started) return block;
    this.#started = true;
    return Buffer.concat([ZLIB_HEADER, block]);
  }
}

export class HeaderDecoder {
  #window: Buffer = DICTIONARY;
  #started = false;

  decode(block: Buffer): SpdyHeaders {
    const plain = this.#inflate(block);
    let offset = 0;
    const word = (): number => {
      if (offset + 4 > plain.byteLength) throw new HostError('Protocol', 'header block ends too early');
      offset += 4;
      return plain.readUInt32BE(offset - 4);
    };
    const text = (): string => {
      const end = word() + offset;
      if (end > plain.byteLength) throw new HostError('Protocol', 'header block ends too early');
      const value = plain.toString('utf8', offset, end);
      offset = end;
      return value;
    };
    const count = word();
    if (count > HEADERS_MAX) throw new HostError('Protocol', `${count} headers in a block`);
    const headers = new Map<string, string>();
    for (let index = 0; index < count; index++) {
      const name = text().toLowerCase();
      headers.set(name, text());
    }
    return headers;
  }

  #inflate(block: Buffer): Buffer {
    let raw = block;
    if (!this.#started) {
      // zlib header: method deflate; with a preset dictionary its checksum follows.
      const preset = ((block[1] ?? 0) & 0x20) !== 0;
      if (((block[0] ?? 0) & 0x0f) !== 8) throw new HostError('Protocol', 'header block is not a zlib stream');
      if (!preset) this.#window = Buffer.alloc(0);
      raw = block.subarray(preset ? 6 : 2);
      this.#started = true;
    }
    try {
      const plain = inflateRawSync(raw, {
        ...(this.#window.byteLength > 0 ? { dictionary: this.#window } : {}),
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: HEADER_BLOCK_BYTES_MAX,
      });
      this.#window = slide(this.#window, plain);
      return plain;
    } catch (error) {
      throw new HostError('Protocol', 'header block does not decompress', { cause: error });
    }
  }
}

function slide(window: Buffer, plain: Buffer): Buffer {
  return Buffer.from(Buffer.concat([window, plain]).subarray(-WINDOW_BYTES));
}

const DICTIONARY_NAMES =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow ' +
  'authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status';
const DICTIONARY_TEXT =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized' +
  '403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,' +
  'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

/** The preset dictionary of draft 3: the names and values that were frequent in 2012, each after its length. */
export const DICTIONARY: Buffer = Buffer.concat([
  ...[...DICTIONARY_NAMES.split(' '), '200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive']
    .concat('origin')
    .flatMap((name) => [words(name.length), Buffer.from(name)]),
  Buffer.from(DICTIONARY_TEXT),
]);

/** A zlib header that announces the dictionary by its Adler-32. */
const ZLIB_HEADER = Buffer.concat([Buffer.from([0x78, 0xbb]), words(adler32(DICTIONARY))]);

function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return ((high << 16) | low) >>> 0;
}
