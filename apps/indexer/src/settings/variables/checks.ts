import * as v from 'valibot';

/** A key. Other characters make the HTTP client fail with an error that quotes the key. */
export const headerValue = v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters without spaces'),
);

/** An address of a service. */
export const httpUrl = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'expected an http or https URL'),
  // No client sends user and password, and fetch quotes such an address in its error.
  v.check((text) => {
    if (!URL.canParse(text)) return true;
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'expected no user or password in the address'),
);

/** A connection string of Postgres. */
export const postgresUrl = v.pipe(
  v.string(),
  v.check((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, username, pathname, hash, searchParams } = new URL(text);
    // A bare "@", "/" or "#" in a password moves the rest of it into the name of the database, which is shown.
    if (!decodes(pathname) || !/^\/[^/@]+$/.test(pathname) || hash !== '') return false;
    // The redactor of error texts takes the password from one place only.
    if (searchParams.has('password')) return false;
    return /^postgres(ql)?:$/.test(protocol) && hostname !== '' && username !== '';
  }, 'expected postgresql://user:password@host/database, with "#", "/" and "@" in the password percent-encoded'),
);

/** Whether the percent-encoding of a text is valid. */
function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
