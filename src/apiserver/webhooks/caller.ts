/**
 * Calls webhooks of the cluster: conversion and admission. A webhook is at a URL or behind a Service, whose ready endpoints
 * are asked in turn; its certificate is that of `name.namespace.svc` either way, signed by the bundle that comes with it.
 */
import { HostError, type JsonObject, type Random } from '../../base/mod.ts';
import { isApiError } from '../../machinery/mod.ts';
import type { ObjectReader } from '../admission/admission.ts';
import type { WebClients } from '../http/web.ts';
import { failureOf, objectIn } from '../http/webhook.ts';
import { endpointOf } from '../service-endpoints.ts';

/** As `clientConfig` of webhooks says it. */
export interface WebhookAddress {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** PEM in base64; the well-known CAs where it is missing. */
  readonly caBundle?: string;
}

export interface WebhookCallerParts {
  readonly objects: ObjectReader;
  readonly random: Random;
  /** Absent: this server calls nobody. */
  readonly clients: WebClients | undefined;
}

const servicePort = 443;

export class WebhookCaller {
  readonly #parts: WebhookCallerParts;

  constructor(parts: WebhookCallerParts) {
    this.#parts = parts;
  }

  /** What the webhook answers. Rejects with HostError where it cannot be reached or answers nonsense, else with ApiError. */
  async post(address: WebhookAddress, body: JsonObject, timeoutMs: number): Promise<JsonObject> {
    const { clients } = this.#parts;
    if (clients === undefined) throw new HostError('Unreachable', 'this API server calls no webhooks');
    const bundle = address.caBundle ?? '';
    const client = clients.trusting(
      bundle === '' ? undefined : new TextDecoder().decode(Uint8Array.fromBase64(bundle)),
    );
    const answer = await client.send({
      method: 'POST',
      ...this.#target(address, timeoutMs),
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: new TextEncoder().encode(JSON.stringify(body)),
      timeoutMs,
    });
    if (answer.status < 200 || answer.status > 206) throw failureOf(answer);
    return objectIn(answer);
  }

  #target(
    { url, service }: WebhookAddress,
    timeoutMs: number,
  ): { readonly url: string; readonly connectTo?: { readonly host: string; readonly port: number } } {
    const timeout = `timeout=${Math.ceil(timeoutMs / 1000)}s`;
    if (service === undefined) return { url: `${url ?? ''}?${timeout}` };
    const { namespace, name, path = '', port = servicePort } = service;
    const full = `https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? path : `/${path}`}?${timeout}`;
    return { url: full, connectTo: this.#endpoint(namespace, name, port, full) };
  }

  /** One of the addresses that are ready, by chance. */
  #endpoint(namespace: string, name: string, port: number, url: string): { host: string; port: number } {
    const { objects, random } = this.#parts;
    try {
      return endpointOf(objects, random, { namespace, name, port });
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw new HostError('Unreachable', `Post "${url}": ${error.message}`);
    }
  }
}
