/** Sessions over TLS, with a client certificate: how API server, kubelet and kubectl really talk. */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { exitCodeOf, exitStatus, type RemoteCommandOptions } from '../../base/mod.ts';
import { connectRemoteCommand } from './connect.ts';
import { HttpUpgrade } from './upgrade.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const OPTIONS: RemoteCommandOptions = { stdin: true, stdout: true, stderr: false, tty: false };

async function selfSigned(name: string): Promise<{ cert: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true),
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: cert.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` };
}

test('a session over TLS, with the client known by its certificate', async () => {
  const [serverPair, clientPair] = await Promise.all([selfSigned('kubelet'), selfSigned('apiserver')]);
  const server = createServer({ ...serverPair, ca: clientPair.cert, requestCert: true, rejectUnauthorized: true });
  const names: unknown[] = [];
  server.on('upgrade', (req, socket, head) => {
    names.push((socket as TLSSocket).getPeerCertificate().subject.CN);
    void (async () => {
      const { stdin, stdout, finish } = await new HttpUpgrade(req, socket, head).acceptRemoteCommand(OPTIONS);
      let sizeBytes = 0;
      for await (const chunk of stdin ?? []) sizeBytes += chunk.byteLength;
      await stdout?.write(Buffer.from(String(sizeBytes)));
      await finish(exitStatus(6));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/exec`;
  try {
    for (const transport of ['spdy', 'websocket'] as const) {
      const command = await connectRemoteCommand(
        { url, tls: { ca: serverPair.cert, ...clientPair } },
        OPTIONS,
        transport,
      );
      await command.stdin?.write(Buffer.alloc(1024 * 1024));
      await command.stdin?.end();
      let out = '';
      for await (const chunk of command.stdout ?? []) out += Buffer.from(chunk).toString();
      assert.equal(out, String(1024 * 1024));
      assert.equal(exitCodeOf(await command.result), 6);
      command.close();
      await assert.rejects(
        connectRemoteCommand({ url, tls: clientPair }, OPTIONS, transport),
        /error dialing backend: self-signed certificate/,
      );
    }
    assert.deepEqual(names, ['apiserver', 'apiserver']);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
