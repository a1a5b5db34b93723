/** What only one place may touch (owners.ts), so that time, chance, settings and output can be replaced in tests. */
import ts from 'typescript';
import type { Room } from '../rooms.ts';
import { isBuildFile, isTest, lineOf, type ParsedFile, roomOf, type Violation } from './model.ts';
import { BANS, type Ban, GLOBAL_OBJECTS, NODE_GLOBALS } from './owners.ts';
import { isAmbient, isTypeOnly, type Scopes, scopesOf } from './scopes.ts';

export function callViolations(files: readonly ParsedFile[], rooms: readonly Room[]): Violation[] {
  const withoutNode = new Set(rooms.filter(({ node }) => !node).map(({ name }) => name));
  return files
    .filter(({ path }) => path.startsWith('src/') && !isBuildFile(path))
    .flatMap((file) => callsOf(file, withoutNode.has(roomOf(file.path) ?? '')));
}

function callsOf(file: ParsedFile, withoutNode: boolean): Violation[] {
  const bans = BANS.filter(
    (ban) =>
      !(ban.inTests && isTest(file.path)) &&
      !Object.keys(ban.owners).some((owner) => file.path.startsWith(owner)),
  );
  const violations: Violation[] = [];
  const report = (node: ts.Node, message: string) =>
    violations.push({ rule: 'raw-call', path: file.path, line: lineOf(file.tree, node), message });
  const judge = judgeOf(bans, withoutNode && !isTest(file.path), report);
  const scopes = scopesOf(file.tree);
  const judgeImports = (node: ts.Node) => {
    for (const { module, name, at } of importedNames(node)) {
      const ban = bans.find((one) => forbids(one.modules, module, name));
      if (ban) report(at, says(`import of ${name === '*' ? 'all' : name} of ${module}`, ban));
    }
  };
  for (const statement of file.tree.statements) judgeImports(statement);
  walkValues(file.tree, (node) => {
    if (isReference(node, scopes)) judge(node.text, node);
    else if (ts.isCallExpression(node)) judgeImports(node);
    else if (ts.isPropertyAccessExpression(node) && node.name.text === 'moveToDelayed')
      for (const ban of bans)
        if (ban.globals.includes('DelayedError')) report(node, says('moveToDelayed', ban));
  });
  return violations;
}

const says = (written: string, ban: Ban): string => `${written} is ${ban.what}: ${ban.instead}`;

/** How a global is used: a member of it, some members by destructuring, or itself. */
type Use =
  | { readonly kind: 'members'; readonly names: readonly string[]; readonly node: ts.Node }
  | { readonly kind: 'new' | 'instanceof' | 'typeof' | 'call' | 'value' };

type Judge = (name: string, node: ts.Node) => void;

function judgeOf(
  bans: readonly Ban[],
  withoutNode: boolean,
  report: (at: ts.Node, text: string) => void,
): Judge {
  const judge: Judge = (name, node) => {
    const use = usageOf(node);
    if (use.kind === 'typeof') return;
    if (withoutNode && NODE_GLOBALS.has(name)) {
      report(node, `${name} is Node's, which this room does without`);
      return;
    }
    if (GLOBAL_OBJECTS.has(name)) {
      if (use.kind === 'members') for (const member of use.names) judge(member, use.node);
      else report(node, `${name} as a value hides which global is used: name the global`);
      return;
    }
    const ban = bans.find((one) => one.globals.some((entry) => violates(entry, name, use, one.free)));
    if (ban) report(node, says(usageText(name, use), ban));
  };
  return judge;
}

function violates(entry: string, name: string, use: Use, free: readonly string[] = []): boolean {
  const [root, member] = entry.split('.');
  if (root !== name) return false;
  if (member === undefined)
    return use.kind === 'members'
      ? !use.names.every((one) => free.includes(`${name}.${one}`))
      : !free.includes(usageText(name, use));
  // Where the whole is handed on, nobody sees any more which member is used.
  return use.kind === 'members' ? use.names.includes(member) : use.kind === 'value';
}

function usageText(name: string, use: Use): string {
  if (use.kind === 'members') return `${name}.${use.names.join(', ')}`;
  if (use.kind === 'new') return `new ${name}(x)`;
  if (use.kind === 'instanceof') return `instanceof ${name}`;
  return use.kind === 'call' ? `${name}()` : name;
}

function usageOf(reference: ts.Node): Use {
  let node = reference;
  while (isWrapper(node.parent)) node = node.parent;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return { kind: 'members', names: [parent.name.text], node: parent };
  if (ts.isElementAccessExpression(parent) && parent.expression === node)
    return ts.isStringLiteralLike(parent.argumentExpression)
      ? { kind: 'members', names: [parent.argumentExpression.text], node: parent }
      : { kind: 'value' };
  if (
    ts.isVariableDeclaration(parent) &&
    parent.initializer === node &&
    ts.isObjectBindingPattern(parent.name)
  ) {
    const names = parent.name.elements.map(elementName);
    return names.every((name) => name !== undefined)
      ? { kind: 'members', names, node: parent.name }
      : { kind: 'value' };
  }
  if (ts.isNewExpression(parent) && parent.expression === node) {
    const [first] = parent.arguments ?? [];
    return { kind: first === undefined || ts.isSpreadElement(first) ? 'call' : 'new' };
  }
  if (ts.isCallExpression(parent) && parent.expression === node) return { kind: 'call' };
  if (ts.isTypeOfExpression(parent)) return { kind: 'typeof' };
  if (
    ts.isBinaryExpression(parent) &&
    parent.right === node &&
    parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  )
    return { kind: 'instanceof' };
  return { kind: 'value' };
}

const isWrapper = (node: ts.Node): boolean =>
  ts.isParenthesizedExpression(node) ||
  ts.isAsExpression(node) ||
  ts.isSatisfiesExpression(node) ||
  ts.isNonNullExpression(node) ||
  ts.isTypeAssertionExpression(node);

/** The member that is taken out; undefined for a rest and a computed one. */
function elementName(element: ts.BindingElement): string | undefined {
  if (element.dotDotDotToken) return undefined;
  const name = element.propertyName ?? element.name;
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined;
}

/** Visits what exists at run time: no types, no `declare`, no imports. */
function walkValues(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isHeritageClause(node) && !isExtendsOfClass(node)) return;
  if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || isAmbient(node)) return;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
  visit(node);
  ts.forEachChild(node, (child) => walkValues(child, visit));
}

const isExtendsOfClass = (clause: ts.HeritageClause): boolean =>
  clause.token === ts.SyntaxKind.ExtendsKeyword && ts.isClassLike(clause.parent);

type NameField = 'name' | 'propertyName' | 'label' | 'tagName';

/** An identifier that reads a global: no name of a property or declaration, and nothing that the file declares. */
function isReference(node: ts.Node, scopes: Scopes): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const names = node.parent as unknown as Partial<Record<NameField, ts.Node>>;
  if (names.name === node && !ts.isShorthandPropertyAssignment(node.parent)) return false;
  if (names.propertyName === node || names.label === node || names.tagName === node) return false;
  return !scopes.isLocal(node.text, node);
}

interface ImportedName {
  readonly module: string;
  /** `*` when all of the module comes: namespace, default, re-export of all, import(), require(). */
  readonly name: string;
  readonly at: ts.Node;
}

const MODULE_NAME = /^(?:node:)?(.*)$/;

function forbids(modules: Ban['modules'], module: string, name: string): boolean {
  const plain = MODULE_NAME.exec(module)?.[1];
  const [, names] = Object.entries(modules).find(([one]) => MODULE_NAME.exec(one)?.[1] === plain) ?? [];
  return names !== undefined && (names === '*' || name === '*' || names.includes(name));
}

/** What a node imports at run time. */
function importedNames(node: ts.Node): ImportedName[] {
  const all = (module: ts.Node | undefined): ImportedName[] =>
    module && ts.isStringLiteralLike(module) ? [{ module: module.text, name: '*', at: node }] : [];
  if (ts.isImportDeclaration(node)) {
    const { importClause: clause, moduleSpecifier: module } = node;
    if (clause === undefined || isTypeOnly(clause)) return [];
    const bindings = clause.namedBindings;
    if (clause.name || (bindings && ts.isNamespaceImport(bindings))) return all(module);
    return specifiers(module, bindings?.elements ?? []);
  }
  if (ts.isExportDeclaration(node) && !node.isTypeOnly && node.moduleSpecifier) {
    const { exportClause: clause, moduleSpecifier: module } = node;
    return clause && ts.isNamedExports(clause) ? specifiers(module, clause.elements) : all(module);
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return node.isTypeOnly ? [] : all(node.moduleReference.expression);
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return all(node.arguments[0]);
  return [];
}

function specifiers(
  module: ts.Expression,
  elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
): ImportedName[] {
  if (!ts.isStringLiteral(module)) return [];
  return elements
    .filter(({ isTypeOnly: onlyType }) => !onlyType)
    .map((element) => {
      const name = (element.propertyName ?? element.name).text;
      return { module: module.text, name: name === 'default' ? '*' : name, at: element };
    });
}
