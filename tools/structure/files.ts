/** The files that the structure check reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { SourceText } from './model.ts';

const CODE = /\.([cm]?[jt]sx?|sql)$/;
const FOLDERS = ['src', 'test', 'bench', 'tools'];

/** Every file of code and SQL in the repository's own folders, and links, behind which code could hide. */
export function readSources(root: string): SourceText[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true }),
  )
    .filter((entry) => entry.isSymbolicLink() || (entry.isFile() && CODE.test(entry.name)))
    .map((entry) => ({ path: join(entry.parentPath, entry.name), isLink: entry.isSymbolicLink() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, isLink }) => ({
      path: relative(root, path).split(sep).join('/'),
      text: isLink ? '' : readFileSync(path, 'utf8'),
    }));
}
