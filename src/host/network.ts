/**
 * Links, routes and kernel parameters through `ip` and /proc/sys. Can act in another network namespace, for nodes that
 * live in one of their own. What is there already, or gone already, is no error.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostError } from '../base/mod.ts';
import type { BridgeLink, NetworkHost, RouteEntry } from '../network/ports.ts';
import { runTool } from './tool.ts';

interface ListedLink {
  readonly address?: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number; readonly scope?: string }[];
}

export class IpTool implements NetworkHost {
  readonly #netns: string | undefined;

  constructor(options: { readonly netns?: string } = {}) {
    this.#netns = options.netns;
  }

  async ensureBridge({ name, mac, addresses }: BridgeLink): Promise<void> {
    let link = await this.#link(name);
    if (link === undefined) {
      await this.#ip('link', 'add', name, 'address', mac, 'type', 'bridge');
      link = await this.#link(name);
    }
    if (link?.linkinfo?.info_kind !== 'bridge')
      throw new HostError('EEXIST', `the link ${name} is there and no bridge`);
    if (link.address !== mac) await this.#ip('link', 'set', name, 'address', mac);
    const wanted = addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
    for (const { local, prefixlen, scope } of link.addr_info ?? []) {
      const text = `${local}/${prefixlen}`;
      if (scope === 'global' && !wanted.includes(text)) await this.#ip('addr', 'del', text, 'dev', name);
    }
    for (const address of wanted) await this.#ip('addr', 'replace', address, 'dev', name);
    await this.#ip('link', 'set', name, 'up');
  }

  async removeLink(name: string): Promise<void> {
    if ((await this.#link(name)) !== undefined) await this.#ip('link', 'del', name);
  }

  async ensureRoute(route: RouteEntry): Promise<void> {
    await this.#ip('route', 'replace', ...routeArguments(route));
  }

  async removeRoute(route: RouteEntry): Promise<void> {
    await this.#ip('route', 'del', ...routeArguments(route)).catch((error: unknown) => {
      if (!(error instanceof HostError && /No such process/.test(error.message))) throw error;
    });
  }

  async hasRoute(address: string): Promise<boolean> {
    return this.#ip('route', 'get', address).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HostError && error.code === 'EXIT') return false;
        throw error;
      },
    );
  }

  /** Through `sysctl -w` and not by writing the file: /proc/sys/net shows the namespace of whoever opens it. */
  async setSysctl(name: string, value: string): Promise<boolean> {
    try {
      await runTool('sysctl', ['-q', '-w', `${name}=${value}`], { netns: this.#netns });
      return true;
    } catch (error) {
      if (error instanceof HostError && /cannot stat|No such file/.test(error.message)) return false;
      throw error;
    }
  }

  async runNftables(script: string): Promise<void> {
    await runTool('nft', ['-f', '-'], { input: script, netns: this.#netns });
  }

  async writeFile(path: string, text: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${randomUUID()}`;
    try {
      await writeFile(draft, text);
      await rename(draft, path);
    } catch (cause) {
      await rm(draft, { force: true });
      throw new HostError('WRITE', `${path} cannot be written`, { cause });
    }
  }

  async removeTree(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  async #link(name: string): Promise<ListedLink | undefined> {
    try {
      const listed = JSON.parse(await this.#ip('-d', '-j', 'addr', 'show', 'dev', name)) as readonly ListedLink[];
      return listed[0];
    } catch (error) {
      if (error instanceof HostError && /does not exist/.test(error.message)) return undefined;
      throw error;
    }
  }

  #ip(...args: readonly string[]): Promise<string> {
    return runTool('ip', args, { netns: this.#netns });
  }
}

function routeArguments({ destination, via, link, source }: RouteEntry): string[] {
  const words = { via, dev: link, src: source };
  return [destination, ...Object.entries(words).flatMap(([word, value]) => (value === undefined ? [] : [word, value]))];
}
