/**
 * Which folder may import which: the architecture's directions as data. `tools/tidy.test.ts` holds this table against
 * every import of the project and against the table in ARCHITECTURE.md. A new folder starts with a line here.
 */
export interface Layer {
  /** What the folder holds, as ARCHITECTURE.md says it. */
  readonly holds: string;
  /** The folders it may import, through their `mod.ts`; `*` is every folder. */
  readonly imports: readonly string[];
  /** Folders of which it may import types, and nothing else: the ports that it implements for them. */
  readonly ports?: readonly string[];
  /** True when the folder knows nothing of the operating system: no Node, no clock, no randomness, no sockets. */
  readonly pure: boolean;
}

const component = ['client', 'machinery', 'api', 'base'];
const components = ['scheduler', 'controllers', 'kubelet', 'proxy', 'dns', 'network'];

/** Keys are paths from the repository's root, lowest layer first. */
export const layers: Readonly<Record<string, Layer>> = {
  'src/base': {
    holds: 'clock, random, log, errors, data structures; knows nothing of Kubernetes',
    imports: [],
    pure: true,
  },
  'src/machinery': {
    holds: 'what all kinds share: metadata, selectors, quantities, patches, codecs, tables',
    imports: ['base'],
    pure: true,
  },
  'src/cel': {
    holds: 'the Common Expression Language: parser, checker, cost, evaluator, Kubernetes libraries',
    imports: ['machinery', 'base'],
    pure: true,
  },
  'src/api': {
    holds: 'every kind: schema reference, defaults, validation, strategy, columns',
    imports: ['machinery', 'cel', 'base'],
    pure: true,
  },
  'src/store': { holds: 'the revisioned store with watch, and its engines', imports: ['base'], pure: true },
  'src/client': {
    holds: 'typed client, informers, work queue, leader election; both transports',
    imports: ['machinery', 'api', 'base'],
    pure: true,
  },
  'src/apiserver': {
    holds: 'authentication, authorization, admission, the resource engine, storage',
    imports: ['client', 'api', 'cel', 'machinery', 'store', 'base'],
    pure: true,
  },
  'src/scheduler': { holds: 'queue, cycle, binding, and the plugins', imports: component, pure: true },
  'src/controllers': { holds: 'one file or folder per controller', imports: component, pure: true },
  'src/kubelet': { holds: 'pod worker, probes, status, volumes', imports: component, pure: true },
  'src/proxy': { holds: 'the service data plane', imports: component, pure: true },
  'src/dns': { holds: 'the cluster DNS server', imports: component, pure: true },
  'src/network': { holds: 'pod addresses, routes, CNI configuration, network policy', imports: component, pure: true },
  'src/cli': { holds: 'one file per command of `kutter`', imports: component, pure: false },
  'src/host': {
    holds: 'the real world: files, sockets, TLS, processes, nftables, containerd, the system clock',
    imports: ['base'],
    ports: ['store', 'client', 'apiserver', ...components, 'cli'],
    pure: false,
  },
  'src/main': { holds: 'one composition root per program', imports: ['*'], pure: false },
  sim: { holds: 'the simulator: virtual clock, simulated nodes and faults', imports: ['*'], pure: true },
  test: { holds: 'whole-system tests; `test/real/` needs root and containerd', imports: ['*'], pure: false },
  bench: { holds: 'measurements', imports: ['*'], pure: false },
  tools: { holds: 'the gates, the build and the generators', imports: ['*'], pure: false },
};

/** What the tests beside the code may import on top of their folder's own directions. */
export const testImports = ['sim', 'host', 'apiserver', 'store', 'client', 'machinery', 'cel', 'api', 'base'] as const;

/** Folders of programs: they have no `mod.ts`, and who may reach them may import any of their files. */
export const withoutDoor = ['main', 'sim', 'test', 'bench', 'tools'] as const;

/** The layer that a file belongs to, or undefined for a file outside all of them. */
export function layerOf(path: string): string | undefined {
  const [first = '', second = ''] = path.split('/');
  const name = first === 'src' ? `src/${second}` : first;
  return name in layers ? name : undefined;
}

/** The short name by which the table's `imports` speak of a layer. */
export function layerName(layer: string): string {
  return layer.replace(/^src\//, '');
}

/** The table as ARCHITECTURE.md prints it. */
export function layerTable(): string {
  const rows = Object.entries(layers).map(([path, layer]) => {
    const imports = layer.imports.includes('*') ? ['everything'] : layer.imports.map((name) => `\`${name}\``);
    const ports = layer.ports ? [`types of ${layer.ports.map((p) => `\`${p}\``).join(' ')}`] : [];
    const cell = [imports.join(' '), ...ports].filter(Boolean).join('; ') || 'nothing';
    return `| \`${path}/\` | ${layer.holds} | ${cell} | ${layer.pure ? 'yes' : 'no'} |`;
  });
  return ['| folder | holds | may import | pure |', '|---|---|---|---|', ...rows].join('\n');
}
