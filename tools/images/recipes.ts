/** The images that tests and the sample need, each made of Debian's own programs. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, userFiles, type RootfsSource, type TextFile } from './rootfs.ts';

export interface Recipe extends RootfsSource {
  /** The names it is loaded and served under. */
  readonly tags: readonly string[];
  readonly files: readonly TextFile[];
  /** The image's configuration: `Entrypoint`, `Cmd`, `ExposedPorts`, ... */
  readonly config: Readonly<Record<string, unknown>>;
  /** What cannot be said as packages and files. */
  readonly finish?: (rootfs: string) => Promise<void>;
}

const busybox: Recipe = {
  tags: ['busybox:latest', 'busybox:1.30'],
  packages: ['busybox-static'],
  files: userFiles([]),
  config: { Cmd: ['sh'] },
};

const nginxConf = `user www-data;
worker_processes 1;
error_log /dev/stderr notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout combined;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`;

const nginxDefault = `server {
  listen 80;
  server_name localhost;
  location / { root /usr/share/nginx/html; index index.html index.htm; }
  error_page 500 502 503 504 /50x.html;
  location = /50x.html { root /usr/share/nginx/html; }
}
`;

const nginx: Recipe = {
  tags: ['nginx:latest', 'nginx:1.7.9', 'nginx:1.14.2', 'nginx:1.17.1'],
  packages: ['nginx-light', 'busybox-static', 'bash', 'curl'],
  without: ['nginx-common', 'iproute2', 'ca-certificates', 'openssl'],
  files: [
    ...userFiles([{ name: 'www-data', id: 33 }]),
    { path: 'etc/nginx/nginx.conf', text: nginxConf },
    { path: 'etc/nginx/conf.d/default.conf', text: nginxDefault },
  ],
  config: {
    Cmd: ['nginx', '-g', 'daemon off;'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  },
};

export const recipes: Readonly<Record<string, Recipe>> = { busybox, nginx };
void [mkdir, readFile, rm, writeFile, join, run];
