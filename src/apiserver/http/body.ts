/** Request bodies: JSON or YAML, with what only their text shows. */
import { parse as parseYaml } from 'yaml';
import { errorText } from '../../base/mod.ts';
import { ApiError, duplicateFields, JsonSyntaxError, jsonText, parseJson } from '../../machinery/mod.ts';

export interface ParsedBody {
  readonly value: unknown;
  /** `duplicate field "spec.x"`. */
  readonly findings: readonly string[];
}

/** Throws ApiError BadRequest or UnsupportedMediaType. */
export function parseBody(bytes: Uint8Array, contentType: string | undefined, findings: boolean): ParsedBody {
  const mediaType = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'application/yaml') return { value: yaml(bytes), findings: [] };
  if (mediaType !== 'application/json' && mediaType !== '' && mediaType !== '*/*')
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    );
  const text = jsonText(bytes);
  try {
    return { value: parseJson(text), findings: findings ? duplicateFields(text) : [] };
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw ApiError.badRequest(error.message);
    throw error;
  }
}

function yaml(bytes: Uint8Array): unknown {
  try {
    return parseYaml(new TextDecoder().decode(bytes), { version: '1.1', maxAliasCount: 100 });
  } catch (error) {
    throw ApiError.badRequest(`error converting YAML to JSON: ${errorText(error)}`);
  }
}
