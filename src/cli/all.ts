/** Every command of `kutter`, in the order of the help. What they do is in `main/`, one file a command. */
import { authOptions } from './auth-options.ts';
import type { Command, Option } from './command.ts';
import { requestOptions } from './request-options.ts';

const name: Option = { type: 'string', value: 'NAME', help: 'Name of the cluster', default: 'kutter' };
const dataDir: Option = {
  type: 'string',
  value: 'DIR',
  help: 'Where the cluster keeps everything (default: /var/lib/kutter/NAME)',
};
const kubeconfig: Option = {
  type: 'string',
  value: 'FILE',
  help: 'kubeconfig to write to (default: $KUBECONFIG or ~/.kube/config)',
};
const store: Option = {
  type: 'string',
  value: 'ENGINE',
  help: 'Where objects are kept: memory, embedded or etcd=URL[,URL...] (default: embedded)',
};
const logLevel: Option = {
  type: 'string',
  value: 'LEVEL',
  help: 'Least level of log lines: debug, info, warn or error',
  default: 'info',
};
const component = {
  kubeconfig: { type: 'string', value: 'FILE', help: 'How to reach the API server, and as whom' },
  'log-level': logLevel,
} satisfies Record<string, Option>;

export const commands: readonly Command[] = [
  {
    name: 'up',
    summary: 'Bring up a cluster on this machine, or bring it back',
    details:
      'The cluster runs in the background until `kutter down`. The next `up` finds everything where the last one left it,\nalso after a reboot or a kill -9, and keeps the options that are not given anew.',
    options: {
      name,
      nodes: {
        type: 'integer',
        value: 'N',
        help: 'Nodes with real containers: 1, or 0 for a control plane with simulated nodes only (default: 1)',
      },
      'simulated-nodes': { type: 'integer', value: 'N', help: 'Nodes without real containers (default: 0)' },
      'data-dir': dataDir,
      'api-port': {
        type: 'integer',
        value: 'PORT',
        help: 'Port of the API server (default: 6443, or the next free one)',
      },
      kubeconfig,
      store,
      'runtime-endpoint': {
        type: 'string',
        value: 'SOCKET',
        help: 'Use this CRI runtime (unix:///path) instead of a containerd of our own',
      },
      'registry-mirror': { type: 'string', value: 'URL', help: 'Ask this registry for images of every registry first' },
      install: { type: 'boolean', help: 'Install the Debian packages that are missing' },
      foreground: { type: 'boolean', help: 'Stay in the foreground; ends with Ctrl-C' },
      'log-level': logLevel,
      ...authOptions,
      ...requestOptions,
    },
  },
  {
    name: 'down',
    summary: 'Stop a cluster and remove everything that runs for it',
    details: 'Objects and images stay on disk, so that `kutter up` brings the cluster back; --purge removes them too.',
    options: {
      name,
      'data-dir': dataDir,
      kubeconfig,
      purge: { type: 'boolean', help: 'Remove the data directory and the kubeconfig context too' },
    },
  },
  {
    name: 'status',
    summary: 'Show the components of a cluster',
    options: {
      name,
      'data-dir': dataDir,
      output: { type: 'string', value: 'FORMAT', help: 'json, or a table unless given' },
    },
  },
  {
    name: 'image load',
    summary: 'Load an image from a tar file (docker save or OCI layout) into the node',
    arguments: ['FILE.tar'],
    options: { name, 'data-dir': dataDir },
  },
  {
    name: 'apiserver',
    summary: 'Run the API server alone',
    options: {
      'data-dir': {
        type: 'string',
        value: 'DIR',
        help: 'Where certificates and objects are kept',
        default: '/var/lib/kutter/apiserver',
      },
      'api-port': { type: 'integer', value: 'PORT', help: 'Port to serve on', default: 6443 },
      'advertise-address': { type: 'string', value: 'IP', help: 'Address under which pods and nodes reach it' },
      store,
      'log-level': logLevel,
      ...authOptions,
      ...requestOptions,
    },
  },
  {
    name: 'controller-manager',
    summary: 'Run the controllers alone',
    options: {
      ...component,
      'cluster-signing-cert-file': { type: 'string', value: 'FILE', help: 'CA that signs requests for certificates' },
      'cluster-signing-key-file': { type: 'string', value: 'FILE', help: 'Its key; without both nobody signs' },
      'cluster-signing-duration': { type: 'string', value: 'TIME', help: 'How long they are good (default: 8760h)' },
      'service-account-private-key-file': {
        type: 'string',
        value: 'FILE',
        help: 'Key that signs tokens for secrets; without it they stay empty',
      },
    },
  },
  { name: 'scheduler', summary: 'Run the scheduler alone', options: component },
  {
    name: 'kubelet',
    summary: 'Run a node agent alone',
    options: {
      ...component,
      'node-name': { type: 'string', value: 'NAME', help: 'Name of the node (default: the host name)' },
      'runtime-endpoint': {
        type: 'string',
        value: 'SOCKET',
        help: 'The CRI runtime',
        default: 'unix:///run/containerd/containerd.sock',
      },
      'data-dir': {
        type: 'string',
        value: 'DIR',
        help: 'Where volumes and state are kept',
        default: '/var/lib/kutter/kubelet',
      },
      'tls-cert-file': { type: 'string', value: 'FILE', help: 'Certificate of the port for logs, exec and metrics' },
      'tls-private-key-file': { type: 'string', value: 'FILE', help: 'Its key; without both the port is not served' },
      'client-ca-file': {
        type: 'string',
        value: 'FILE',
        help: 'Whose client certificates the port accepts (default: the CA of the kubeconfig)',
      },
    },
  },
  {
    name: 'proxy',
    summary: 'Run the service proxy alone',
    options: {
      ...component,
      'node-name': { type: 'string', value: 'NAME', help: 'Name of the node (default: the host name)' },
    },
  },
];
