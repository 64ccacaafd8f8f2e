const NAME = 'lockstep-token';

/**
 * The token in the address, which is taken out of it, so that it is in no history, bookmark or screenshot; else that which this tab
 * got before it was loaded again. Undefined where there is none.
 */
export function takeToken(): string | undefined {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (found === undefined) return stored() ?? undefined;
  history.replaceState(null, '', location.pathname);
  try {
    sessionStorage.setItem(NAME, found);
  } catch {
    // A browser that keeps nothing loses it when the page is loaded again.
  }
  return found;
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}
