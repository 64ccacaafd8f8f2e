/** Whether a terminal shows characters outside ASCII, as its variables say; on Windows, whether it is a new one. */
export function isUtf8(
  {
    LC_ALL,
    LC_CTYPE,
    LANG,
    TERM,
    WT_SESSION,
    TERM_PROGRAM,
  }: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): boolean {
  if (platform === 'win32') return WT_SESSION !== undefined || TERM_PROGRAM === 'vscode';
  // The console of Linux has few characters, whatever its encoding.
  return TERM !== 'linux' && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
