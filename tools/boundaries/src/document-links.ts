import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** Paths that git has, or would have if all were added; `/` between folders. */
function repositoryFiles(root: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\0')
    .filter((path) => path !== '');
}

/**
 * The links of the Markdown files of a repository that lead nowhere, each as `file: link`: to a file or folder that git
 * does not have, or to a heading that the file does not have. Links with a scheme, such as https, are not looked at.
 */
export function brokenLinks(root: string): string[] {
  const files = new Set(repositoryFiles(root));
  const folders = new Set([...files].flatMap((path) => parentsOf(path)));
  const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
  return [...files]
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      linksOf(textOf(path))
        .filter((link) => {
          const [target = '', anchor] = decodeURI(link).split('#');
          const found = target === '' ? path : posix.join(dirname(path), target).replace(/\/$/, '');
          if (!files.has(found)) return !folders.has(found) || anchor !== undefined;
          return anchor !== undefined && found.endsWith('.md') && !anchorsOf(textOf(found)).has(anchor);
        })
        .map((link) => `${path}: ${link}`),
    );
}

function parentsOf(path: string): string[] {
  const parts = dirname(path).split('/');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** A Markdown text without its blocks of code. */
function withoutBlocks(text: string): string {
  return text.replaceAll(/^( *)(`{3,}|~{3,}).*\n[^]*?^ *\2`*~* *$/gm, '');
}

function linksOf(text: string): string[] {
  const prose = withoutBlocks(text).replaceAll(/(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '');
  const inline = prose.matchAll(/\]\(<?([^\s)>]+)>?(?:\s+"[^"]*")?\)/g);
  const named = prose.matchAll(/^ *\[[^\]]+\]: *<?([^\s>]+)/gm);
  return [...inline, ...named].map(([, link = '']) => link).filter((link) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link));
}

/** The anchors of the headings of a text, as GitHub makes them; the second heading of a name ends with `-1`. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(text).matchAll(/^ {0,3}#{1,6} +(.*?) *#*$/gm)) {
    const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/(?<!\w)_|_(?!\w)/g, '');
    const anchor = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let at = 1; anchors.has(unique); at++) unique = `${anchor}-${at}`;
    anchors.add(unique);
  }
  return anchors;
}
