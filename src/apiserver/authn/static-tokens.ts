/** Tokens from a file: `token,user,uid,"group1,group2"` on each line, read once at the start. */
import { HostError } from '../../base/mod.ts';
import type { UserInfo } from '../../machinery/mod.ts';
import { authenticated } from './authenticator.ts';

export type StaticTokens = ReadonlyMap<string, UserInfo>;

/** Throws HostError for a file that is none. */
export function parseTokenFile(text: string, path: string): StaticTokens {
  const tokens = new Map<string, UserInfo>();
  for (const record of records(text)) {
    if (record.length < 3)
      throw new HostError(
        'TokenFile',
        `token file '${path}' must have at least 3 columns (token, user name, user uid), found ${record.length}`,
      );
    const [token = '', username = '', uid = '', groups = ''] = record;
    // As upstream: an empty token is passed over, and of two lines with one token the later one counts.
    if (token === '') continue;
    tokens.set(
      token,
      authenticated({ username, ...(uid === '' ? {} : { uid }), groups: groups === '' ? [] : groups.split(',') }),
    );
  }
  return tokens;
}

/** The records of comma-separated values; a quoted field may hold commas, doubled quotes and line breaks. */
function records(text: string): string[][] {
  const found: string[][] = [];
  let record: string[] = [];
  const fields = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/gy;
  for (let match = fields.exec(text); match !== null && match.index < text.length; match = fields.exec(text)) {
    const [, quoted, plain = '', end] = match;
    record.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') {
      if (fields.lastIndex === text.length) record.push('');
      else continue;
    }
    if (record.length > 1 || record[0] !== '') found.push(record);
    record = [];
  }
  return found;
}
