/** A cluster over real HTTPS with its controllers, in virtual time, for tests of what admission makes of requests. */
import { startCluster, type TestCluster } from '../../src/main/testing.ts';
import { RawHttp } from '../raw-http.ts';

export interface Answer {
  readonly status: number;
  /** The message of a refusal; '' otherwise. */
  readonly message: string;
  readonly reason: string;
  readonly object: Record<string, unknown>;
  readonly warnings: readonly string[];
}

export class Admitted implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly #http: RawHttp;

  private constructor(cluster: TestCluster) {
    this.cluster = cluster;
    this.#http = new RawHttp(cluster.endpoint);
  }

  /** With the namespace `test`, whose pods can run. */
  static async start(flags: Readonly<Record<string, string>> = {}, nodes = 0): Promise<Admitted> {
    const admitted = new Admitted(await startCluster({ https: true, clock: 'virtual', seed: 7, nodes, flags }));
    await admitted.namespace('test');
    return admitted;
  }

  async namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const answer = await this.post('/api/v1/namespaces', { metadata: { name, labels } });
    await this.cluster.advance(1000);
    return answer;
  }

  post(path: string, object: object): Promise<Answer> {
    return this.send('POST', path, object);
  }

  patch(path: string, object: object): Promise<Answer> {
    return this.send('PATCH', path, object);
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  async delete(path: string): Promise<Answer> {
    const answer = await this.send('DELETE', path);
    await this.cluster.advance(1000);
    return answer;
  }

  async send(method: string, path: string, object?: object): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const body = object === undefined ? undefined : JSON.stringify(object);
    const { status, headers, text } = await this.#http.send({
      method,
      path,
      headers: { 'content-type': type },
      body,
    });
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const { message = '', reason = '' } = (status >= 400 ? parsed : {}) as { message?: string; reason?: string };
    const header = String(headers['warning'] ?? '');
    const warnings = [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, one = '']) =>
      one.replace(/\\(.)/g, '$1'),
    );
    return { status, message, reason, object: parsed, warnings };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http[Symbol.dispose]();
    await this.cluster[Symbol.asyncDispose]();
  }
}
