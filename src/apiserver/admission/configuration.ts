/** AdmissionConfiguration: the configurations of plugins, in the file itself or in one that it names. */
import type { JsonObject } from '../../base/mod.ts';
import { invalid, required } from '../../machinery/mod.ts';
import { parsedObject, readConfiguration } from '../configuration.ts';

/** By the names of plugins. `read` finds files that are named. Throws HostError. */
export function readAdmissionConfiguration(
  text: string,
  read: (path: string) => string,
): Readonly<Record<string, JsonObject>> {
  return readConfiguration(text, 'AdmissionConfiguration', (root, errors) => {
    const configurations: Record<string, JsonObject> = {};
    for (const plugin of root.objects('plugins')) {
      const name = plugin.string('name');
      const path = plugin.string('path');
      const given = plugin.json('configuration');
      if (name === '') errors.push(required(plugin.at('name')));
      if (path !== '' && given !== undefined)
        errors.push(invalid(plugin.at('path'), path, 'may not be set together with `configuration`'));
      const configuration = given ?? (path === '' ? undefined : parsedObject(read(path), `configuration of ${name}`));
      if (configuration !== undefined) configurations[name] = configuration;
    }
    return configurations;
  });
}
