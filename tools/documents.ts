/** Documents that are generated, whole or in a marked part, so that they cannot differ from the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiReference } from '../src/api/reference.ts';
import { configDocument } from '../src/runtime/config/describe.ts';
import { roomsTable } from './rooms.ts';

export interface GeneratedDocument {
  /** From the top of the repository. */
  readonly path: string;
  /** The text that the file must have, given the text that it has. */
  readonly generate: (current: string) => string;
}

/** Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->`; throws when the marks are missing. */
export function replacePart(text: string, name: string, part: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The marks ${begin} and ${end} are missing`);
  return `${text.slice(0, from + begin.length)}\n${part}\n${text.slice(to)}`;
}

export const DOCUMENTS: readonly GeneratedDocument[] = [
  { path: 'docs/API.md', generate: () => apiReference() },
  { path: 'docs/CONFIG.md', generate: () => configDocument() },
  { path: 'docs/ARCHITECTURE.md', generate: (current) => replacePart(current, 'rooms', roomsTable()) },
];

/** The text on disk; empty when the file does not exist. */
export function currentText(root: string, document: GeneratedDocument): string {
  try {
    return readFileSync(join(root, document.path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
