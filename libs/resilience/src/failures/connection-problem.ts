/** Why there is no connection to a server, or why it broke. */
export interface ConnectionProblem {
  /** For people, with the code of the system if there is one. */
  readonly words: string;
  /** Whether the request was never sent, so that it cannot have had an effect. */
  readonly isUnsent: boolean;
  /** Whether another try cannot help: the certificate or the address is wrong. */
  readonly isFinal: boolean;
}

/** How many errors within one another are searched: that of a client has that of fetch, which has that of the socket. */
const CAUSES_MAX = 5;

/** Codes of operating systems, of TLS and of clients. */
const CODE = /^[A-Za-z0-9_]{1,64}$/;

type Known = readonly [matches: RegExp, words: string, kind: 'unsent' | 'final' | 'broken'];

/**
 * What a code means. Sources: https://nodejs.org/api/errors.html#common-system-errors and
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes, 2026-11; the last of each line are those of Bun.
 */
const CODES: readonly Known[] = [
  [/^(ECONNREFUSED|ConnectionRefused)$/, 'connection refused', 'unsent'],
  [/^(ENOTFOUND|FailedToOpenSocket)$/, 'no such host', 'unsent'],
  [/^EAI_AGAIN$/, 'the name of the host cannot be looked up', 'unsent'],
  [/^(EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN)$/, 'no route to the host', 'unsent'],
  [/^UND_ERR_CONNECT_TIMEOUT$/, 'no connection in time', 'unsent'],
  [/^(ETIMEDOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/, 'no answer in time', 'broken'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET|ConnectionClosed)$/, 'the connection was closed', 'broken'],
  [/^CERT_HAS_EXPIRED$/, 'TLS: the certificate has expired', 'final'],
  [/^CERT_NOT_YET_VALID$/, 'TLS: the certificate is not valid yet', 'final'],
  [/^(DEPTH_ZERO_)?SELF_SIGNED_CERT/, 'TLS: the certificate is self-signed', 'final'],
  [/^UNABLE_TO_(GET_ISSUER|VERIFY)/, 'TLS: the issuer of the certificate is not known here', 'final'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'TLS: the certificate is of another host', 'final'],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/,
    'TLS: the server does not speak it',
    'final',
  ],
  [/^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_)/, 'TLS failed', 'final'],
  [/^HPE_/, 'the answer is not HTTP', 'final'],
];

/** Errors without a code, by the words of undici, of pg and of workerd, whose own error for it is of no class. */
const MESSAGES: readonly Known[] = [
  [/^bad port$/, 'HTTP clients refuse this port', 'final'],
  [/does not support SSL|error establishing an SSL connection/, 'TLS: the server does not speak it', 'final'],
  [/timeout exceeded when trying to connect|due to connection timeout/, 'no connection in time', 'unsent'],
  [/^(Connection terminated|Network connection lost)/, 'the connection was closed', 'broken'],
];

/** Reads an error of a client; undefined where it tells nothing of a connection. */
export function connectionProblem(error: unknown): ConnectionProblem | undefined {
  let inner: unknown = error;
  let code: string | undefined;
  for (let depth = 0; depth < CAUSES_MAX && inner instanceof Error; depth += 1) {
    const { code: own, errors } = inner as { readonly code?: unknown; readonly errors?: unknown };
    if (typeof own === 'string' && CODE.test(own)) {
      code ??= own;
      const known = CODES.find(([matches]) => matches.test(own));
      if (known !== undefined) return problem(known, ` (${own})`);
    }
    const { message } = inner;
    const known = MESSAGES.find(([matches]) => matches.test(message));
    if (known !== undefined) return problem(known, '');
    // One error for each address of a host.
    inner = inner.cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return code === undefined ? undefined : { words: code, isUnsent: false, isFinal: false };
}

function problem([, words, kind]: Known, suffix: string): ConnectionProblem {
  return { words: `${words}${suffix}`, isUnsent: kind !== 'broken', isFinal: kind === 'final' };
}
