/** Request bodies: JSON or YAML, with what only their text shows, and upstream's words for what is neither. */
import { errorText, isJsonObject } from '../../base/mod.ts';
import { ApiError, duplicateFields, JsonSyntaxError, jsonText, parseJson } from '../../machinery/mod.ts';
import { parseYaml } from './yaml.ts';

export interface ParsedBody {
  readonly value: unknown;
  /** `duplicate field "spec.x"`. */
  readonly findings: readonly string[];
}

export interface BodyRequest {
  readonly contentType: string | undefined;
  /** The kind of the object that the body should be; undefined for bodies that are none. */
  readonly kind: string | undefined;
}

/** Throws ApiError BadRequest or UnsupportedMediaType. */
export function parseBody(bytes: Uint8Array, { contentType, kind }: BodyRequest): ParsedBody {
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'application/yaml') return parsedYaml(bytes, kind);
  if (mediaType !== 'application/json' && mediaType !== '' && mediaType !== '*/*')
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${acceptedTypes}`,
    );
  return parsedJson(jsonText(bytes), bytes, kind);
}

export const acceptedTypes = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

function parsedJson(text: string, bytes: Uint8Array, kind: string | undefined): ParsedBody {
  try {
    const value = parseJson(text) ?? {};
    if (kind !== undefined && !isJsonObject(value))
      throw unrecognized(
        kind,
        `json: cannot unmarshal ${goType(value)} into Go value of type ${versionAndKind}`,
        bytes,
      );
    return { value, findings: duplicateFields(text) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw kind === undefined ? ApiError.badRequest(error.message) : unrecognized(kind, error.message, bytes);
  }
}

const versionAndKind =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The body of an apply patch. Throws ApiError BadRequest. */
export function parseConfiguration(bytes: Uint8Array): ParsedBody {
  try {
    return parsedYaml(bytes, undefined);
  } catch (error) {
    if (error instanceof ApiError) throw ApiError.badRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
}

/** A patch's body. Throws ApiError BadRequest. */
export function parsePatch(bytes: Uint8Array, mediaType: string): ParsedBody {
  const text = jsonText(bytes);
  try {
    return { value: parseJson(text), findings: duplicateFields(text) };
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw ApiError.badRequest(mediaType === 'strategic' ? error.message : `error decoding patch: ${error.message}`);
    throw error;
  }
}

function unrecognized(kind: string, why: string, bytes: Uint8Array): ApiError {
  return ApiError.badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${summary(bytes)})`,
  );
}

const summaryBytesMax = 30;

/** The beginning of a body, as upstream shows it: text when it looks like JSON, otherwise bytes. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const start = bytes.subarray(0, summaryBytesMax);
  return (bytes[0] === 0x7b ? jsonText(start) : start.toHex()) + (bytes.length > summaryBytesMax ? ' ...' : '');
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function parsedYaml(bytes: Uint8Array, kind: string | undefined): ParsedBody {
  const text = jsonText(bytes);
  if (isPlainJson(text)) return parsedJson(text, bytes, kind);
  try {
    const { value, finding } = parseYaml(text);
    const json = parsedJson(JSON.stringify(value ?? {}), bytes, kind);
    return { value: json.value, findings: finding === undefined ? [] : [finding] };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    // Whatever the library comes upon is about the text.
    throw ApiError.badRequest(`error converting YAML to JSON: ${errorText(error)}`);
  }
}

/** JSON is YAML, too, and is read a hundred times faster as what it is; anything odd about it is told as of YAML. */
function isPlainJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    parseJson(text);
    return duplicateFields(text).length === 0;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return false;
    throw error;
  }
}
