/** What those who read the command line about users share: the world that they open connections in, and how flags are read. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Webhook } from '../apiserver/mod.ts';
import type { Clock, Log, Random } from '../base/mod.ts';
import { currentAccess, UsageError } from '../cli/mod.ts';
import { HttpsWebClient } from '../host/http/mod.ts';
import { parseDuration } from '../machinery/mod.ts';
import { contents } from './reloaded-file.ts';

/** What the command line says of a flag. */
export type Flags = Readonly<Record<string, string | undefined>>;

export interface AuthWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Who issues tokens of service accounts unless flags say otherwise. */
  readonly issuer: string;
  readonly connections: DisposableStack;
}

export const webhookTimeoutMs = 30_000;

export function words(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

export function versionFlag(flags: Flags, name: string): string {
  const version = flags[name] ?? 'v1beta1';
  if (version !== 'v1' && version !== 'v1beta1') throw new UsageError(`--${name} ${version}: v1 or v1beta1`);
  return version;
}

export function booleanFlag(flags: Flags, name: string, usual: boolean): boolean {
  const value = flags[name];
  if (value === undefined) return usual;
  if (value !== 'true' && value !== 'false') throw new UsageError(`--${name} ${value}: true or false`);
  return value === 'true';
}

export function durationFlag(flags: Flags, name: string, usualMs: number): number {
  const text = flags[name];
  if (text === undefined) return usualMs;
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--${name} ${text}: a duration such as 30s or 2m`);
  return ms;
}

/** Where a webhook is and how to be known there is said in a kubeconfig. */
export async function openWebhook(
  path: string,
  timeoutMs: number,
  { clock, random, connections }: AuthWorld,
): Promise<Webhook> {
  const { server, token, ...trust } = currentAccess(await contents(path), (file) =>
    readFileSync(resolve(dirname(path), file), 'utf8'),
  );
  const client = connections.use(new HttpsWebClient(trust));
  return new Webhook({ client, url: server, ...(token === undefined ? {} : { token }), clock, random, timeoutMs });
}
