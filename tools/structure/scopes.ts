/** Which names a file declares and where, so that `fetch` of an argument is told from the global one. */
import ts from 'typescript';

export interface Scopes {
  /** Whether the name means something that the file declares or imports around this node. */
  isLocal(name: string, at: ts.Node): boolean;
}

export function scopesOf(tree: ts.SourceFile): Scopes {
  const names = new Map<ts.Node, Set<string>>();
  const declare = (scope: ts.Node, name: string) => {
    const known = names.get(scope);
    if (known) known.add(name);
    else names.set(scope, new Set([name]));
  };
  const visit = (node: ts.Node): void => {
    if (isAmbient(node)) return;
    declareNames(node, declare);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return {
    isLocal(name, at) {
      for (let scope: ts.Node | undefined = at; scope !== undefined; scope = scope.parent)
        if (names.get(scope)?.has(name)) return true;
      return false;
    },
  };
}

/** `declare ...` only says what exists elsewhere. */
export const isAmbient = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false);

function declareNames(node: ts.Node, declare: (scope: ts.Node, name: string) => void): void {
  if (ts.isVariableDeclaration(node)) {
    const isVar =
      ts.isVariableDeclarationList(node.parent) && !(node.parent.flags & ts.NodeFlags.BlockScoped);
    const scope = isVar ? functionAround(node) : scopeAround(node);
    for (const name of boundNames(node.name)) declare(scope, name);
  } else if (ts.isParameter(node)) {
    for (const name of boundNames(node.name)) declare(node.parent, name);
  } else if (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isImportEqualsDeclaration(node)
  ) {
    if (node.name) declare(scopeAround(node), node.name.text);
  } else if (ts.isFunctionExpression(node) || ts.isClassExpression(node)) {
    if (node.name) declare(node, node.name.text);
  } else if (ts.isImportClause(node) && !isTypeOnly(node)) {
    if (node.name) declare(node.getSourceFile(), node.name.text);
    const bindings = node.namedBindings;
    if (bindings && ts.isNamespaceImport(bindings)) declare(node.getSourceFile(), bindings.name.text);
  } else if (ts.isImportSpecifier(node) && !node.isTypeOnly && !isTypeOnly(node.parent.parent)) {
    declare(node.getSourceFile(), node.name.text);
  }
}

export const isTypeOnly = (clause: ts.ImportClause): boolean =>
  clause.phaseModifier === ts.SyntaxKind.TypeKeyword;

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []));
}

const isFunctionScope = (node: ts.Node): boolean => ts.isFunctionLike(node) || ts.isSourceFile(node);

const isBlockScope = (node: ts.Node): boolean =>
  isFunctionScope(node) ||
  ts.isBlock(node) ||
  ts.isCaseBlock(node) ||
  ts.isCatchClause(node) ||
  ts.isForStatement(node) ||
  ts.isForInStatement(node) ||
  ts.isForOfStatement(node) ||
  ts.isModuleBlock(node) ||
  ts.isClassStaticBlockDeclaration(node);

const around = (node: ts.Node, isScope: (node: ts.Node) => boolean): ts.Node => {
  let scope = node.parent;
  while (!isScope(scope)) scope = scope.parent;
  return scope;
};
const scopeAround = (node: ts.Node): ts.Node => around(node, isBlockScope);
const functionAround = (node: ts.Node): ts.Node => around(node, isFunctionScope);
