/** Which representation a client wants, from its Accept header. */
import { ApiError } from '../../machinery/mod.ts';
import { acceptedTypes } from './body.ts';

export interface Representation {
  readonly mediaType: string;
  /** What the object is shown as: itself, a Table, its metadata alone. */
  readonly as: string | undefined;
  readonly group: string | undefined;
  readonly version: string | undefined;
}

const plainJson: Representation = {
  mediaType: 'application/json',
  as: undefined,
  group: undefined,
  version: undefined,
};

const parsed = new Map<string, readonly Representation[]>();
const parsedMax = 256;

/** The first clause of the header that `serves` accepts. Throws ApiError NotAcceptable when there is none. */
export function negotiate(accept: string | undefined, serves: (wanted: Representation) => boolean): Representation {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plainJson;
  for (const wanted of clauses(accept)) {
    if (wanted.mediaType === '*/*' || wanted.mediaType === 'application/*') return plainJson;
    if (serves(wanted)) return wanted;
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${acceptedTypes}`);
}

function clauses(accept: string): readonly Representation[] {
  let found = parsed.get(accept);
  if (found === undefined) {
    found = accept
      .split(',')
      .map(parseClause)
      .sort((a, b) => b.quality - a.quality);
    if (parsed.size >= parsedMax) parsed.clear();
    parsed.set(accept, found);
  }
  return found;
}

function parseClause(clause: string): Representation & { readonly quality: number } {
  const [mediaType = '', ...parameters] = clause.split(';').map((part) => part.trim());
  const values = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string | undefined]));
  return {
    mediaType: mediaType.toLowerCase(),
    as: values.get('as'),
    group: values.get('g'),
    version: values.get('v'),
    quality: Number(values.get('q') ?? 1),
  };
}
