import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { currentText, DOCUMENTS, replacePart } from './documents.ts';

const root = join(import.meta.dirname, '..');

describe('generated documents', () => {
  it.each(DOCUMENTS)('$path is up to date (else: npm run docs:generate)', (document) => {
    const current = currentText(root, document);
    expect(current).toBe(document.generate(current));
  });

  it('replaces only the marked part', () => {
    const text = 'a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb';
    expect(replacePart(text, 'x', 'new')).toBe('a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb');
    expect(() => replacePart('a', 'x', 'new')).toThrow('missing');
  });
});
