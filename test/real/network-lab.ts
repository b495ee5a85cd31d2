/**
 * A node, pods on its bridge and a machine outside, as network namespaces with real links between them, for tests that
 * send real traffic through what the proxy, the pod network and the DNS server set up. Disposal removes everything.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { runTool } from '../../src/host/tool.ts';

export interface Answer {
  /** `name client-address` as the server told it. */
  readonly text?: string;
  readonly error?: string;
}

const serverCode = `
const [name, address, ...ports] = process.argv.slice(1);
const net = require('node:net'), dgram = require('node:dgram');
let left = ports.length * 2;
const ready = () => { if (--left === 0) console.log('ready'); };
for (const port of ports) {
  net.createServer((socket) => { socket.on('error', () => {}); socket.end(name + ' ' + socket.remoteAddress); }).listen(+port, address, ready);
  const udp = dgram.createSocket(net.isIPv6(address) ? 'udp6' : 'udp4');
  udp.on('message', (_, from) => udp.send(name + ' ' + from.address, from.port, from.address));
  udp.bind(+port, address, ready);
}
setInterval(() => {}, 1e6);
`;

const clientCode = `
const [protocol, address, port, count, sourcePort] = process.argv.slice(1);
const net = require('node:net'), dgram = require('node:dgram');
const tcp = () => new Promise((resolve) => {
  let text = '';
  const socket = net.connect({ host: address, port: +port });
  socket.setTimeout(1500, () => { socket.destroy(); resolve({ error: 'TIMEOUT' }); });
  socket.on('data', (data) => (text += data));
  socket.on('end', () => resolve({ text }));
  socket.on('error', ({ code }) => resolve({ error: code }));
});
const udp = () => new Promise((resolve) => {
  const socket = dgram.createSocket('udp4');
  const done = (answer) => { clearTimeout(timer); socket.close(); resolve(answer); };
  const timer = setTimeout(() => done({ error: 'TIMEOUT' }), 1000);
  socket.on('message', (data) => done({ text: String(data) }));
  socket.on('error', ({ code }) => done({ error: code }));
  socket.bind(+sourcePort || 0, () => socket.connect(+port, address, (error) => error ? done({ error: error.code }) : socket.send('hello', (failure) => failure && done({ error: failure.code }))));
});
(async () => {
  const answers = [];
  for (let i = 0; i < +count; i++) answers.push(await (protocol === 'tcp' ? tcp() : udp()));
  console.log(JSON.stringify(answers));
})();
`;

export class NetworkLab implements AsyncDisposable {
  readonly #prefix = `kl${process.pid}`;
  readonly #namespaces: string[] = [];
  readonly #children: ChildProcess[] = [];

  /** The path of a namespace, for `netns` options. */
  path(name: string): string {
    return `/run/netns/${this.#prefix}-${name}`;
  }

  async addNamespace(name: string): Promise<void> {
    await runTool('ip', ['netns', 'add', `${this.#prefix}-${name}`]);
    this.#namespaces.push(name);
    await this.ip(name, 'link set lo up');
  }

  /** Runs `ip` with these words in a namespace. */
  async ip(name: string, words: string): Promise<string> {
    return runTool('ip', ['-n', `${this.#prefix}-${name}`, ...words.split(' ')]);
  }

  async nft(name: string, ...args: string[]): Promise<string> {
    return runTool('nft', args, { netns: this.path(name) });
  }

  /** A wire between two namespaces: `eth0` in the first, `link` in the second. */
  async wire(name: string, other: string, link: string): Promise<void> {
    await this.ip(name, `link add eth0 type veth peer name ${link} netns ${this.#prefix}-${other}`);
    await this.ip(name, 'link set eth0 up');
    await this.ip(other, `link set ${link} up`);
  }

  async addPod(
    name: string,
    node: string,
    options: { bridge: string; address: string; gateway: string },
  ): Promise<void> {
    await this.addNamespace(name);
    await this.wire(name, node, `v-${name}`);
    await this.ip(node, `link set v-${name} master ${options.bridge}`);
    await this.ip(node, `link set v-${name} type bridge_slave hairpin on`);
    await this.ip(name, `addr add ${options.address}/24 dev eth0`);
    await this.ip(name, `route add default via ${options.gateway}`);
  }

  /** TCP and UDP servers that answer with `name client-address`. */
  async serve(namespace: string, address: string, ...ports: number[]): Promise<void> {
    const args = [
      `--net=${this.path(namespace)}`,
      process.execPath,
      '-e',
      serverCode,
      namespace,
      address,
      ...ports.map(String),
    ];
    const child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(child);
    await once(child.stdout, 'data');
  }

  async call(
    from: string,
    protocol: 'tcp' | 'udp',
    target: string,
    options: { count?: number; sourcePort?: number } = {},
  ): Promise<Answer[]> {
    const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? [];
    const args = [
      '-e',
      clientCode,
      protocol,
      address,
      port,
      String(options.count ?? 1),
      String(options.sourcePort ?? 0),
    ];
    return JSON.parse(await runTool(process.execPath, args, { netns: this.path(from) })) as Answer[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const name of this.#namespaces) await runTool('ip', ['netns', 'del', `${this.#prefix}-${name}`]);
  }
}
