/** `npm run docs:generate`: writes the generated documents. tools/docs.test.ts fails when one is out of date. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { currentText, DOCUMENTS } from './documents.ts';

const root = join(import.meta.dirname, '..');
for (const document of DOCUMENTS) {
  const current = currentText(root, document);
  const wanted = document.generate(current);
  if (wanted === current) continue;
  const path = join(root, document.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, wanted);
  console.log(`wrote ${document.path}`);
}
