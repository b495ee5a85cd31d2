/** Who may do what, as the command line says it or a file that it names, which is read again when it changes. */
import {
  AbacAuthorizer,
  authorizationModes,
  readAuthorizationConfiguration,
  WebhookAuthorizer,
  type AuthorizationMode,
  type AuthorizerChoice,
  type WebhookSettings,
} from '../apiserver/mod.ts';
import { HostError } from '../base/mod.ts';
import { UsageError } from '../cli/mod.ts';
import {
  durationFlag,
  openWebhook,
  versionFlag,
  webhookTimeoutMs,
  words,
  type AuthWorld,
  type Flags,
} from './auth-world.ts';
import { contents } from './reloaded-file.ts';

type Settings = readonly (Exclude<AuthorizationMode, 'Webhook'> | WebhookSettings)[];

export interface Authorization {
  readonly authorizers: readonly AuthorizerChoice[];
  /** The file, if there is one that is to be read again; `use` puts what is in it in the place of what was. */
  readonly file:
    | {
        readonly path: string;
        readonly text: string;
        apply(text: string, use: (authorizers: readonly AuthorizerChoice[]) => void): Promise<boolean>;
      }
    | undefined;
}

export async function openAuthorization(flags: Flags, world: AuthWorld): Promise<Authorization> {
  const path = flags['authorization-config'];
  const modes = flags['authorization-mode'];
  const webhook = flags['authorization-webhook-config-file'];
  if (path !== undefined && (modes !== undefined || webhook !== undefined))
    throw new UsageError(
      '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
    );
  const abac = await policies(flags);
  if (path !== undefined) return fromFile(path, { ...world, abac });
  const settings = words(modes ?? 'Node,RBAC').map((mode) => checkMode(mode, flags));
  if (webhook !== undefined && !settings.some((one) => typeof one !== 'string'))
    throw new UsageError('cannot specify --authorization-webhook-config-file without mode Webhook');
  for (const mode of new Set(settings.filter((one) => typeof one === 'string')))
    if (settings.filter((one) => one === mode).length > 1)
      throw new UsageError(`authorization-mode ${JSON.stringify(modes)} has mode specified more than once`);
  if (settings.includes('ABAC') && abac === undefined)
    throw new UsageError("authorization-mode ABAC's authorization policy file not passed");
  if (!settings.includes('ABAC') && abac !== undefined)
    throw new UsageError('cannot specify --authorization-policy-file without mode ABAC');
  return { authorizers: await made(settings, { ...world, abac }, world.connections), file: undefined };
}

interface World extends AuthWorld {
  /** What the file of ABAC says, if there is one. */
  readonly abac: AbacAuthorizer | undefined;
}

async function policies(flags: Flags): Promise<AbacAuthorizer | undefined> {
  const path = flags['authorization-policy-file'];
  return path === undefined ? undefined : AbacAuthorizer.parse(await contents(path), path);
}

/** Requests that are under way still use the connections of a configuration that is gone. */
const graceMs = 60_000;

async function fromFile(path: string, { abac, ...world }: World): Promise<Authorization> {
  const text = await contents(path);
  let settings = readAuthorizationConfiguration(text);
  let connections = new DisposableStack();
  world.connections.defer(() => connections[Symbol.dispose]());
  const required = new Set(settings.filter((one) => typeof one === 'string'));
  const authorizers = await made(settings, { ...world, abac }, connections);
  return {
    authorizers,
    file: {
      path,
      text,
      async apply(changed, use) {
        const next = readAuthorizationConfiguration(changed);
        const missing = [...required].filter((mode) => !next.includes(mode)).sort();
        if (missing.length > 0) throw new HostError('Configuration', `missing required types: [${missing.join(' ')}]`);
        if (textOf(next) === textOf(settings)) return false;
        settings = next;
        const before = connections;
        const opened = new DisposableStack();
        try {
          use(await made(next, { ...world, abac }, opened));
        } catch (error) {
          opened[Symbol.dispose]();
          throw error;
        }
        connections = opened;
        world.clock.after(graceMs, () => before[Symbol.dispose]());
        return true;
      },
    },
  };
}

/** What tells one configuration from another: expressions are what they say. */
function textOf(settings: Settings): string {
  return JSON.stringify(settings);
}

function made(
  settings: Settings,
  { abac, ...world }: World,
  connections: DisposableStack,
): Promise<AuthorizerChoice[]> {
  return Promise.all(
    settings.map(async (one): Promise<AuthorizerChoice> => {
      if (one === 'ABAC') {
        if (abac !== undefined) return abac;
        throw new HostError(
          'Configuration',
          'authorizer type ABAC is not allowed if it was not enabled at initial server startup',
        );
      }
      if (typeof one === 'string') return one;
      return new WebhookAuthorizer({
        ...one,
        webhook: await openWebhook(one.kubeConfigFile, one.timeoutMs, { ...world, connections }),
        clock: world.clock,
      });
    }),
  );
}

function checkMode(mode: string, flags: Flags): Exclude<AuthorizationMode, 'Webhook'> | WebhookSettings {
  if (mode === 'Webhook') {
    const kubeConfigFile = flags['authorization-webhook-config-file'];
    if (kubeConfigFile === undefined)
      throw new UsageError("authorization-mode Webhook's authorization config file not passed");
    return {
      name: 'default',
      kubeConfigFile,
      version: versionFlag(flags, 'authorization-webhook-version'),
      timeoutMs: webhookTimeoutMs,
      allowedMs: durationFlag(flags, 'authorization-webhook-cache-authorized-ttl', 5 * 60_000),
      refusedMs: durationFlag(flags, 'authorization-webhook-cache-unauthorized-ttl', 30_000),
      failurePolicy: 'NoOpinion',
      matchConditions: [],
    };
  }
  const known = authorizationModes.find((one) => one === mode);
  if (known === undefined || known === 'Webhook')
    throw new UsageError(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`);
  return known;
}
