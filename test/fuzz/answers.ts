/** What every answer must be, whatever was asked: an object, a list of lines, or a Status that says what is wrong. */
import { parse } from 'yaml';
import type { Status } from '../../src/machinery/mod.ts';
import type { RawAnswer, RawRequest } from '../raw-http.ts';

/** What upstream, too, calls errors of its own or leaves to another server. */
export const upstreamErrors = [
  // The cluster of the test has no nodes that answer.
  'there is no way to node ',
  'Too large resource version',
  'failed calling webhook',
  'no endpoints available for service',
  'the spec replicas field ',
];
/** These come without a reason. */
const unreasoned = [
  'failed to create typed patch object (',
  'failed to create typed live object (',
  'failed to compare objects: ',
  '"message":"Component not found: ',
];

export function shown({ method, path, headers, body }: RawRequest): string {
  const text =
    typeof body === 'string' ? body : body === undefined ? '' : `base64:${Buffer.from(body).toString('base64')}`;
  return `${method} ${path} ${JSON.stringify(headers)} ${text.slice(0, 3_000)}`.slice(0, 6_000);
}

/** What is wrong with an answer, if anything. */
export function problemOf(answer: RawAnswer): string | undefined {
  const { status, headers, text } = answer;
  if (status === 500 && unreasoned.some((message) => text.includes(message))) return undefined;
  const type = headers['content-type']?.split(';')[0] ?? '';
  if (status >= 500 && !upstreamErrors.some((message) => text.includes(message))) return `${status} ${text}`;
  if (headers['content-length'] === '0') return undefined;
  if (type === 'application/vnd.kubernetes.protobuf')
    return headers['transfer-encoding'] !== undefined || text.startsWith('k8s\0') ? undefined : 'no protobuf';
  if (type !== 'application/json' && type !== 'application/yaml') return status < 400 ? undefined : plainText(answer);
  const bodies = type === 'application/json' ? linesOf(text) : [text];
  for (const body of bodies) {
    let value: unknown;
    try {
      value = type === 'application/json' ? JSON.parse(body) : parse(body);
    } catch (error) {
      return `${status} cannot be read: ${String(error)}: ${text.slice(0, 200)}`;
    }
    if (status >= 400) return statusProblem(value as Status, status, text);
  }
  return undefined;
}

/** Only what is no request for the API at all is refused without a Status. */
function plainText({ status, headers, text }: RawAnswer): string | undefined {
  return text === '' ? `${status} ${headers['content-type'] ?? 'no type'} and nothing said` : undefined;
}

function linesOf(text: string): readonly string[] {
  return text.includes('\n{"type":') ? text.split('\n').filter((line) => line !== '') : text === '' ? [] : [text];
}

function statusProblem(value: Partial<Status>, status: number, text: string): string | undefined {
  const { kind, apiVersion, status: outcome, code, reason, message } = value;
  const fine =
    kind === 'Status' &&
    apiVersion === 'v1' &&
    outcome === 'Failure' &&
    code === status &&
    typeof reason === 'string' &&
    typeof message === 'string' &&
    message !== '';
  return fine ? undefined : `${status} without a whole Status: ${text.slice(0, 500)}`;
}
