/**
 * The images that tests and the sample need, each made of Debian's own programs. `mysql` and `myblog` stand in for the
 * images of the same names that tutorials use: the same ports, environment, arguments and paths.
 */
import { chown, cp, mkdir, rm, writeFile } from 'node:fs/promises';
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

const nginxPage = `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and working.</p>
</body>
</html>
`;

const nginx: Recipe = {
  tags: ['nginx:latest', 'nginx:1.7.9', 'nginx:1.14.2', 'nginx:1.17.1'],
  packages: ['nginx', 'busybox-static', 'bash'],
  without: [
    'iproute2',
    'libbpf1',
    'libelf1',
    'libdb5.3',
    'mawk',
    'libcap2-bin',
    'libgssapi-krb5-2',
    'libkrb5-3',
    'base-files',
  ],
  remove: ['etc/nginx/sites-enabled', 'etc/nginx/sites-available', 'usr/lib/x86_64-linux-gnu/gconv', 'usr/share/vim'],
  files: [
    ...userFiles([{ name: 'www-data', id: 33 }]),
    { path: 'etc/nginx/nginx.conf', text: nginxConf },
    { path: 'etc/nginx/conf.d/default.conf', text: nginxDefault },
    { path: 'usr/share/nginx/html/index.html', text: nginxPage },
  ],
  config: {
    Cmd: ['nginx', '-g', 'daemon off;'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  },
};

/** Small enough for a container of a few hundred megabytes and a tenth of a processor. */
const mysqlConf = `[mysqld]
user = mysql
datadir = /var/lib/mysql
socket = /run/mysqld/mysqld.sock
pid-file = /run/mysqld/mysqld.pid
bind-address = 0.0.0.0
version = 5.7.29
skip-name-resolve
skip-log-bin
innodb-buffer-pool-size = 16M
innodb-log-file-size = 8M
key-buffer-size = 1M
aria-pagecache-buffer-size = 1M
max-connections = 50

[client]
socket = /run/mysqld/mysqld.sock
`;

/** The variables and the order of the well-known image's entrypoint. */
const mysqlEntrypoint = `#!/bin/sh
set -e
case "$1" in -*) set -- mysqld "$@" ;; esac
if [ "$1" = mysqld ]; then
  data=/var/lib/mysql
  chown mysql:mysql $data
  if [ ! -d $data/mysql ]; then
    if [ -z "$MYSQL_ROOT_PASSWORD$MYSQL_ALLOW_EMPTY_PASSWORD$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
      echo >&2 'error: database is uninitialized and password option is not specified'
      echo >&2 '  You need to specify one of MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD and MYSQL_RANDOM_ROOT_PASSWORD'
      exit 1
    fi
    if [ -n "$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
      MYSQL_ROOT_PASSWORD=$(head -c 18 /dev/urandom | base64)
      echo "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
    fi
    quoted() { printf '%s' "$1" | sed -e 's/\\\\/\\\\\\\\/g' -e "s/'/''/g"; }
    cp -a /usr/share/mysql-initial/. $data/
    {
      echo "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';"
      echo "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';"
      echo "FLUSH PRIVILEGES;"
      echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$(quoted "$MYSQL_ROOT_PASSWORD")';"
      echo "CREATE USER 'root'@'%' IDENTIFIED BY '$(quoted "$MYSQL_ROOT_PASSWORD")';"
      echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
      [ -z "$MYSQL_DATABASE" ] || echo "CREATE DATABASE IF NOT EXISTS \\\`$MYSQL_DATABASE\\\`;"
      if [ -n "$MYSQL_USER" ] && [ -n "$MYSQL_PASSWORD" ]; then
        echo "CREATE USER '$(quoted "$MYSQL_USER")'@'%' IDENTIFIED BY '$(quoted "$MYSQL_PASSWORD")';"
        [ -z "$MYSQL_DATABASE" ] || echo "GRANT ALL ON \\\`$MYSQL_DATABASE\\\`.* TO '$(quoted "$MYSQL_USER")'@'%';"
      fi
    } > /run/mysqld/init.sql
    shift
    set -- mysqld "$@" --init-file=/run/mysqld/init.sql
    chown mysql:mysql /run/mysqld/init.sql
  fi
fi
exec "$@"
`;

const mysqlId = 999;

/** The system tables, made once here: a container with little processor time would need a minute for them. */
async function initialDatabase(rootfs: string): Promise<void> {
  await mkdir(join(rootfs, 'run/mysqld'), { recursive: true });
  await mkdir(join(rootfs, 'var/lib/mysql'), { recursive: true });
  for (const path of ['run/mysqld', 'var/lib/mysql']) await chown(join(rootfs, path), mysqlId, mysqlId);
  for (const [name, minor] of [
    ['null', '3'],
    ['urandom', '9'],
  ] as const) {
    run('mknod', ['-m', '666', join(rootfs, 'dev', name), 'c', '1', minor]);
  }
  const options = [
    '--user=mysql',
    '--datadir=/usr/share/mysql-initial',
    '--force',
    '--skip-test-db',
    '--auth-root-authentication-method=normal',
  ];
  run('chroot', [rootfs, 'mariadb-install-db', ...options]);
  for (const name of ['null', 'urandom']) await rm(join(rootfs, 'dev', name));
}

const mysql: Recipe = {
  tags: ['mysql:latest', 'mysql:5.7'],
  packages: ['mariadb-server-core', 'mariadb-client-core', 'busybox-static', 'bash'],
  without: ['mariadb-common', 'mysql-common', 'base-files', 'readline-common'],
  remove: [
    'usr/share/mysql/bulgarian',
    'usr/bin/mariadb-test',
    'usr/lib/mysql/plugin/ha_spider.so',
    'usr/bin/aria_chk',
    'usr/bin/myisamchk',
    'usr/bin/mariabackup',
    'usr/bin/mariadb-backup',
    'usr/bin/mariadb-binlog',
    'usr/bin/myisampack',
    'usr/bin/aria_pack',
    'usr/bin/aria_read_log',
    'usr/bin/aria_dump_log',
    'usr/bin/aria_ftdump',
    'usr/bin/myisam_ftdump',
    'usr/bin/myisamlog',
    'usr/bin/innochecksum',
    'usr/bin/mbstream',
    'usr/bin/sst_dump',
    'usr/bin/mariadb-slap',
  ],
  files: [
    ...userFiles([{ name: 'mysql', id: mysqlId }]),
    { path: 'etc/mysql/my.cnf', text: mysqlConf },
    { path: 'usr/local/bin/docker-entrypoint.sh', text: mysqlEntrypoint, mode: 0o755 },
  ],
  finish: initialDatabase,
  config: {
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['mysqld'],
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'MYSQL_MAJOR=5.7'],
    ExposedPorts: { '3306/tcp': {}, '33060/tcp': {} },
    Volumes: { '/var/lib/mysql': {} },
  },
};

const blogPage = (more: string): string => `<h3>我的博客列表${more}</h3>
<ul>
{% for article in articles %}<li>{{ article.title }}</li>
{% endfor %}</ul>
`;

/** A Django application on port 8002 with its articles in MySQL; `version` 2 has another page. */
function myblog(version: 1 | 2): Recipe {
  const page = blogPage(version === 1 ? ':' : ' (v2):');
  return {
    tags: ['172.21.51.143:5000', '10.211.55.27:5000', '172.21.32.6:5000'].map((host) => `${host}/myblog:v${version}`),
    packages: ['python3-django', 'python3-mysqldb', 'gunicorn', 'busybox-static', 'bash', 'curl'],
    without: ['base-files', 'media-types', 'libjs-jquery', 'libdb5.3', 'mariadb-common', 'mysql-common'],
    remove: [
      'usr/share/python3/runtime.d',
      'usr/share/javascript',
      'usr/lib/python3.11/test',
      'usr/lib/python3.11/idlelib',
    ],
    files: [
      ...userFiles([]),
      { path: 'opt/myblog/blog/templates/index.html', text: page },
      // A database greets in no HTTP that curl knows by default; older ones showed it.
      { path: 'root/.curlrc', text: 'http0.9\n' },
    ],
    finish: async (rootfs) => {
      await cp(join(import.meta.dirname, 'myblog'), join(rootfs, 'opt/myblog'), { recursive: true });
      run('chroot', [
        rootfs,
        'python3',
        '-m',
        'compileall',
        '-q',
        '/usr/lib/python3',
        '/usr/lib/python3.11',
        '/opt/myblog',
      ]);
      await writeFile(join(rootfs, 'opt/myblog/.version'), `v${version}\n`);
    },
    config: {
      Cmd: ['gunicorn', '--bind', '0.0.0.0:8002', '--threads', '4', '--access-logfile', '-', 'myblog.wsgi'],
      WorkingDir: '/opt/myblog',
      Env: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'PYTHONUNBUFFERED=1',
        'PYTHONIOENCODING=utf-8',
        'LANG=C.UTF-8',
      ],
      ExposedPorts: { '8002/tcp': {} },
    },
  };
}

export const recipes: Readonly<Record<string, Recipe>> = {
  busybox,
  nginx,
  mysql,
  myblog: myblog(1),
  'myblog-v2': myblog(2),
};
