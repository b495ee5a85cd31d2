/** What the API server needs of the world, implemented in `host/`. */
import type { ForwardedSession, StreamUpgrade } from '../base/mod.ts';
import type { BackendHeaders } from './proxying/backend.ts';
export type { Body, HttpRequest, HttpResponse, Peer, StreamBody, StreamSink } from './http/message.ts';

/** A node's agent, as far as it is known from its Node object. */
export interface NodeAddress {
  readonly nodeName: string;
  readonly host: string;
  readonly port: number;
}

/** Requests to the kubelets of nodes, over HTTPS or within the process. Rejects with HostError when one cannot be reached. */
export interface NodeConnections {
  request(node: NodeAddress, path: string, signal: AbortSignal, sent?: NodeRequest): Promise<NodeAnswer>;
  /** Carries a streaming session on to the node; resolves when it is over. */
  upgrade(node: NodeAddress, path: string, upgrade: StreamUpgrade, session: ForwardedSession): Promise<void>;
}

/** What is sent when that is more than a GET. */
export interface NodeRequest {
  readonly method: string;
  readonly headers: BackendHeaders;
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

export interface NodeAnswer {
  readonly status: number;
  readonly contentType: string;
  /** All of them, where the node is asked over HTTP. */
  readonly headers?: BackendHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}
export type { TokenAlgorithm, TokenKeys } from './authn/token.ts';
export type { Descriptions } from './openapi/schemas.ts';
export type { Cipher, Ciphers, EnvelopeCipher } from './encryption/transformers.ts';
export type { KmsConfiguration } from './encryption/configuration.ts';
export type { KmsCall } from './encryption/kms-calls.ts';
export type { SignatureCheck } from './authn/token-verifier.ts';
export type { WebAnswer, WebClient, WebClients, WebRequest } from './http/web.ts';
export type { BackendAnswer, BackendHeaders, BackendRequest, Backends } from './proxying/backend.ts';
export type { SignedData } from '../machinery/mod.ts';
