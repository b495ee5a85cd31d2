/** Where a webhook is (a URL or a service, and who signs its certificate): the checks that all webhooks share. */
import { dns1123SubdomainErrors, invalid, portNumberErrors, required, type FieldPath } from '../machinery/mod.ts';
import type { Errors } from './checks.ts';

/** Where a service listens for its callers, unless told otherwise. */
export const webhookPort = 443;

export interface WebhookClient {
  readonly url?: string;
  readonly service?: WebhookService;
}

export function checkWebhookClient(errors: Errors, { url, service }: WebhookClient, path: FieldPath): void {
  if ((url === undefined) === (service === undefined))
    errors.push(required(path, 'exactly one of url or service is required'));
  else if (url !== undefined) checkWebhookUrl(errors, url, path.child('url'));
  else if (service !== undefined) checkWebhookService(errors, service, path.child('service'));
}

const form = '; desired format: https://host[/path]';

function checkWebhookUrl(errors: Errors, text: string, path: FieldPath): void {
  const url = URL.parse(text);
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? '';
  if (scheme !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${form}`));
  if (url === null || !/^[a-z]+:\/\/[^/?#]/i.test(text)) {
    errors.push(invalid(path, '', `host must be specified${form}`));
    return;
  }
  const { username, password, hash, search } = url;
  if (username !== '' || password !== '')
    errors.push(
      invalid(
        path,
        password === '' ? username : `${username}:${password}`,
        'user information is not permitted in the URL',
      ),
    );
  if (hash !== '') errors.push(invalid(path, hash.slice(1), 'fragments are not permitted in the URL'));
  if (search !== '') errors.push(invalid(path, search.slice(1), 'query parameters are not permitted in the URL'));
}

interface WebhookService {
  readonly name: string;
  readonly namespace: string;
  readonly path?: string;
  readonly port?: number;
}

function checkWebhookService(errors: Errors, service: WebhookService, path: FieldPath): void {
  const { name, namespace, path: urlPath = '', port = webhookPort } = service;
  // Upstream blames each of the two for the other.
  if (namespace === '') errors.push(required(path.child('name')));
  if (name === '') errors.push(required(path.child('namespace')));
  const wrong = portNumberErrors(port);
  if (wrong.length > 0) errors.push(invalid(path.child('port'), port, `port is not valid: ${wrong.join(', ')}`));
  if (urlPath === '' || urlPath === '/') return;
  const refuse = (detail: string): void => void errors.push(invalid(path.child('path'), urlPath, detail));
  if (urlPath === '//') {
    refuse('segment[0] may not be empty');
    return;
  }
  if (!urlPath.startsWith('/')) refuse("must start with a '/'");
  const steps = urlPath.slice(1).replace(/\/$/, '').split('/');
  for (const [i, step] of steps.entries()) {
    if (step === '') refuse(`segment[${i}] may not be empty`);
    else for (const problem of dns1123SubdomainErrors(step)) refuse(`segment[${i}]: ${problem}`);
  }
}

/** `bundle` is PEM in base64. */
export function checkCaBundle(errors: Errors, bundle: string, path: FieldPath): void {
  if (!isCaBundle(bundle))
    errors.push(
      invalid(
        path,
        bundle,
        'unable to load root certificates: data does not contain any valid RSA or ECDSA certificates',
      ),
    );
}

/** Whether there is a certificate in it. What the certificate says is seen when it is used. */
export function isCaBundle(bundle: string): boolean {
  try {
    const pem = new TextDecoder().decode(Uint8Array.fromBase64(bundle));
    const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g);
    return [...blocks].some(([, body = '']) => Uint8Array.fromBase64(body.replace(/\s/g, ''))[0] === derSequence);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

const derSequence = 0x30;
