/**
 * The libraries that every expression in Kubernetes 1.36 may use. What is not here (`math.*`, `base64.*`, `cel.bind`,
 * `reverse` of strings) is refused there, too.
 */
import type { Library } from '../function.ts';
import { authorizerLibrary } from './authorizer.ts';
import { formatLibrary } from './format.ts';
import { kubernetesListsLibrary, listsLibrary, setsLibrary } from './lists.ts';
import { networkLibrary } from './network.ts';
import { optionalsLibrary, twoVariableLibrary } from './optionals.ts';
import { quantityLibrary } from './quantity.ts';
import { regexLibrary } from './regex.ts';
import { semverLibrary } from './semver.ts';
import { standardLibrary } from './standard.ts';
import { stringsLibrary } from './strings.ts';
import { urlLibrary } from './url.ts';

export const kubernetesLibraries: readonly Library[] = [
  standardLibrary,
  urlLibrary,
  regexLibrary,
  kubernetesListsLibrary,
  authorizerLibrary,
  optionalsLibrary,
  quantityLibrary,
  stringsLibrary,
  setsLibrary,
  networkLibrary,
  formatLibrary,
  twoVariableLibrary,
  semverLibrary,
  listsLibrary,
];
