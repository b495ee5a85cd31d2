export { commands } from './all.ts';
export { authOptions } from './auth-options.ts';
export { requestOptions } from './request-options.ts';
export {
  commandHelp,
  findCommand,
  parseCommand,
  programHelp,
  UsageError,
  type Command,
  type Invocation,
  type Option,
} from './command.ts';
export { currentAccess, withContext, withoutContext, type ClusterAccess, type KubeconfigEntry } from './kubeconfig.ts';
export { consoleProgress, type Progress } from './progress.ts';
