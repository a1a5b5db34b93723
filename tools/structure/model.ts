/** What the structure check works on: files as text, parsed once. */
import ts from 'typescript';

export interface SourceText {
  /** From the top of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface ParsedFile extends SourceText {
  readonly tree: ts.SourceFile;
  readonly imports: readonly ImportOf[];
}

export interface ImportOf {
  /** Undefined when the module is named by an expression. */
  readonly specifier: string | undefined;
  readonly line: number;
}

export interface Violation {
  readonly rule: Rule;
  readonly path: string;
  readonly line: number;
  readonly message: string;
  /** The function concerned, for waivers. */
  readonly symbol?: string;
}

export type Rule =
  | 'imports'
  | 'cycle'
  | 'file-length'
  | 'function-length'
  | 'raw-call'
  | 'wire-name'
  | 'room-name'
  | 'file-kind'
  | 'waiver';

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);

/** The settings of the web app's build tool: they run while building, not in the program. */
export const isBuildFile = (path: string): boolean => path === 'src/web/vite.config.ts';

/** The room of a path under src/, or undefined. */
export const roomOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];

export function parse(source: SourceText): ParsedFile {
  const kind = source.path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true, kind);
  return { ...source, tree, imports: importsOf(tree) };
}

export const lineOf = (tree: ts.SourceFile, node: ts.Node): number =>
  tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;

/** Visits every node, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** import and export declarations, import types, dynamic import and require. */
function importsOf(tree: ts.SourceFile): ImportOf[] {
  const found: ImportOf[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, line: lineOf(tree, node) });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node)) {
      const dynamic = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const required = ts.isIdentifier(node.expression) && node.expression.text === 'require';
      const [module] = node.arguments;
      if (dynamic && !(module && ts.isStringLiteralLike(module)))
        found.push({ specifier: undefined, line: lineOf(tree, node) });
      else if (dynamic || required) add(module);
    }
  });
  return found;
}
