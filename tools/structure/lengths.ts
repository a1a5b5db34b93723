/** File and function length. */
import ts from 'typescript';
import { isTest, lineOf, type ParsedFile, type Violation, walk } from './model.ts';

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;

export function lengthViolations(files: readonly ParsedFile[]): Violation[] {
  return files.flatMap((file) => [...fileLength(file), ...functionLengths(file)]);
}

function fileLength(file: ParsedFile): Violation[] {
  const lines = file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
  if (lines <= MAX_FILE_LINES) return [];
  const message = `${lines} lines; a file has at most ${MAX_FILE_LINES}`;
  return [{ rule: 'file-length', path: file.path, line: 1, message }];
}

function functionLengths(file: ParsedFile): Violation[] {
  const violations: Violation[] = [];
  walk(file.tree, (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    if (isTest(file.path) && isSuite(node)) return;
    const first = lineOf(file.tree, node);
    const last = file.tree.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    const lines = last - first + 1;
    if (lines <= MAX_FUNCTION_LINES) return;
    const symbol = nameOf(node);
    const message = `function ${symbol} has ${lines} lines; at most ${MAX_FUNCTION_LINES}`;
    violations.push({ rule: 'function-length', path: file.path, line: first, message, symbol });
  });
  return violations;
}

/** The callback of `describe(...)` only groups tests; each test inside is measured on its own. */
function isSuite(node: ts.Node): boolean {
  const call = node.parent;
  if (!ts.isCallExpression(call)) return false;
  return /^describe\b/.test(call.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  const parent = node.parent;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent))
    return parent.name.getText();
  if (ts.isCallExpression(parent)) return `passed to ${parent.expression.getText().slice(0, 60)}`;
  return '(anonymous)';
}
