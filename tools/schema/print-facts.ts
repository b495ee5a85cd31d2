/** The text of `facts.json`: one line per field, so that a change of the API reads as a change of lines. */
import type { Facts } from '../../src/machinery/mod.ts';

export function printFacts(facts: Facts): string {
  const types = Object.entries(facts.types).map(([name, { fields, ...rest }]) => {
    const head = Object.entries(rest).map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`);
    const lines = Object.entries(fields).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    return `${JSON.stringify(name)}: {\n${head.join('')} "fields": {${lines.length > 0 ? `\n${lines.join(',\n')}` : ''}}}`;
  });
  return `{"version": ${JSON.stringify(facts.version)}, "types": {\n${types.join(',\n')}\n}}\n`;
}
