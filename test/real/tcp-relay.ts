/**
 * Carries TCP connections of one network namespace to a Unix socket, behind which another namespace answers:
 *
 *     node test/real/tcp-relay.ts PORT SOCKET
 */
import { connect, createServer } from 'node:net';

const [port = '', socket = ''] = process.argv.slice(2);
createServer((near) => {
  const far = connect(socket);
  for (const end of [near, far]) {
    end.on('error', () => {
      near.destroy();
      far.destroy();
    });
  }
  near.pipe(far).pipe(near);
}).listen(Number(port), '127.0.0.1', () => void process.stdout.write('ready\n'));
