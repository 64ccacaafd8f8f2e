/** Ports of addresses that name none. */
const PORTS: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
  'postgres:': '5432',
  'postgresql:': '5432',
};

/** Host and port of an address as messages show them: never a user, a password or a path. */
export function shownServer(address: URL | string): string {
  const { hostname, port, protocol } = new URL(address);
  const known = port === '' ? PORTS[protocol] : port;
  return known === undefined ? hostname : `${hostname}:${known}`;
}
