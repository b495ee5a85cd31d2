/** The program `kutter`: finds the command and hands over to its file. Only that command's code is loaded. */
import { errorText, HostError } from '../base/mod.ts';
import {
  commandHelp,
  commands,
  findCommand,
  parseCommand,
  programHelp,
  UsageError,
  type Invocation,
} from '../cli/mod.ts';
import { version } from './version.ts';

type Run = (invocation: Invocation) => Promise<void>;

const implementations: Readonly<Record<string, () => Promise<{ readonly run: Run }>>> = {
  up: () => import('./up.ts'),
  down: () => import('./down.ts'),
  status: () => import('./status.ts'),
  'image load': () => import('./image-load.ts'),
  apiserver: () => import('./apiserver.ts'),
  'controller-manager': () => import('./controllers.ts'),
  scheduler: () => import('./scheduler.ts'),
  kubelet: () => import('./kubelet.ts'),
  proxy: () => import('./proxy.ts'),
};

async function main(words: readonly string[]): Promise<void> {
  const [first] = words;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help')
    return print(programHelp(commands, version));
  if (first === '--version' || first === 'version') return print(`kutter ${version}\n`);
  const found = findCommand(commands, words);
  const load = found === undefined ? undefined : implementations[found.command.name];
  if (found === undefined || load === undefined)
    throw new UsageError(`there is no command "${first}"; kutter --help lists them`);
  if (found.rest.includes('--help') || found.rest.includes('-h')) return print(commandHelp(found.command));
  const invocation = parseCommand(found.command, found.rest);
  await (await load()).run(invocation);
}

// Whoever reads our output may stop reading: `kutter status | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

function print(text: string): void {
  process.stdout.write(text);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`kutter: ${errorText(error)}\n`);
  if (
    !(error instanceof UsageError) &&
    !(error instanceof HostError) &&
    error instanceof Error &&
    error.stack !== undefined
  )
    process.stderr.write(`${error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
