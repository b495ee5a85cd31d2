/** Why a connection failed, in the words of Go's network library, which people and tools know. */

const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

const texts: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_HAS_EXPIRED: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  ERR_SSL_WRONG_VERSION_NUMBER: 'http: server gave HTTP response to HTTPS client',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'tls: first record does not look like a TLS handshake',
};

const dialTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
};

interface NodeError extends Error {
  readonly code?: string;
  /** Of a certificate for somebody else. */
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
  /** Of an answer that is no HTTP. */
  readonly rawPacket?: Buffer;
}

/** `address` is `host:port`. */
export function goNetworkText(cause: Error, address: string): string {
  const { code = '', message, host = '', cert, rawPacket } = cause as NodeError;
  const dial = dialTexts[code];
  if (dial !== undefined) return `dial tcp ${address}: ${dial}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `dial tcp: lookup ${address.slice(0, address.lastIndexOf(':'))}: no such host`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `tls: failed to verify certificate: x509: ${otherName(cert?.subjectaltname ?? '', host)}`;
  // Node's word for an end before the answer.
  if (code === 'ECONNRESET' && message === 'socket hang up') return 'EOF';
  if (code === 'ECONNRESET') return `read tcp ${address}: read: connection reset by peer`;
  if (code === 'EPIPE') return `write tcp ${address}: write: broken pipe`;
  if (code.startsWith('HPE_')) {
    const line = rawPacket?.toString('latin1').split(/\r?\n/)[0] ?? '';
    return `net/http: HTTP/1.x transport connection broken: malformed HTTP response ${JSON.stringify(line)}`;
  }
  return texts[code] ?? message;
}

function otherName(names: string, host: string): string {
  if (names === '') return 'certificate relies on legacy Common Name field, use SANs instead';
  const plain = names.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  return `certificate is valid for ${plain.join(', ')}, not ${host}`;
}
