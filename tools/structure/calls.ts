/** Calls that only one place may make, so that time, chance, settings and output can be replaced in tests. */
import ts from 'typescript';
import { isBuildFile, isTest, lineOf, type ParsedFile, type Violation, walk } from './model.ts';

interface Ban {
  readonly what: string;
  /** Expressions as written: `Date.now`, `setTimeout`, `console` (any member). */
  readonly expressions: readonly string[];
  /** Names that may not be imported from Node's modules. */
  readonly imported: readonly string[];
  /** Files or folders of src/ that own the call. */
  readonly owners: readonly string[];
  readonly instead: string;
  /** Whether tests beside the code may do it. */
  readonly inTests: boolean;
}

const BANS: readonly Ban[] = [
  {
    what: 'the real clock',
    expressions: ['Date.now', 'performance.now', 'process.hrtime', 'process.uptime'],
    imported: ['performance'],
    owners: ['src/runtime/clock.ts', 'src/web/browser.ts'],
    instead: 'take a Clock (runtime/clock.ts)',
    inTests: true,
  },
  {
    what: 'real timers',
    expressions: ['setTimeout', 'setInterval', 'setImmediate', 'AbortSignal.timeout'],
    imported: ['setTimeout', 'setInterval', 'setImmediate'],
    owners: ['src/runtime/clock.ts', 'src/web/browser.ts'],
    instead: 'take a Clock (runtime/clock.ts); tests wait on a condition',
    inTests: false,
  },
  {
    what: 'real randomness',
    expressions: ['Math.random', 'crypto.randomUUID', 'crypto.getRandomValues', 'crypto.randomBytes'],
    imported: ['randomBytes', 'randomUUID', 'randomInt', 'getRandomValues', 'webcrypto'],
    owners: ['src/runtime/random.ts', 'src/web/browser.ts'],
    instead: 'take a Random, or secretBytes (runtime/random.ts)',
    inTests: false,
  },
  {
    what: 'the environment',
    expressions: ['process.env'],
    imported: ['env'],
    owners: ['src/runtime/config/environment.ts'],
    instead: 'declare a setting (runtime/config/groups.ts)',
    inTests: true,
  },
  {
    what: 'the terminal',
    expressions: ['console', 'process.stdout', 'process.stderr'],
    imported: [],
    owners: ['src/main/'],
    instead: 'take a Logger (runtime/log.ts)',
    inTests: true,
  },
  {
    what: 'the network',
    expressions: ['fetch'],
    imported: [],
    owners: ['src/hyperliquid/', 'src/web/browser.ts', 'src/main/'],
    instead: 'only hyperliquid reaches the venue and only web reaches the api',
    inTests: true,
  },
  {
    what: 'a delayed move of a job (the PostgreSQL backend of the queue runs such jobs twice)',
    expressions: ['DelayedError'],
    imported: ['DelayedError'],
    owners: [],
    instead: 'end the job and add a delayed one',
    inTests: false,
  },
];

export function callViolations(files: readonly ParsedFile[]): Violation[] {
  return files.filter(({ path }) => path.startsWith('src/') && !isBuildFile(path)).flatMap(callsOf);
}

function callsOf(file: ParsedFile): Violation[] {
  const bans = BANS.filter(
    (ban) => !(ban.inTests && isTest(file.path)) && !ban.owners.some((owner) => file.path.startsWith(owner)),
  );
  const violations: Violation[] = [];
  const report = (ban: Ban, node: ts.Node, written: string) =>
    violations.push({
      rule: 'raw-call',
      path: file.path,
      line: lineOf(file.tree, node),
      message: `${written} is ${ban.what}: ${ban.instead}`,
    });
  walk(file.tree, (node) => {
    const written = expressionText(node);
    if (written !== undefined)
      for (const ban of bans) if (ban.expressions.includes(written)) report(ban, node, written);
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'moveToDelayed')
      for (const ban of bans)
        if (ban.expressions.includes('DelayedError')) report(ban, node, 'moveToDelayed');
    if (ts.isNewExpression(node) && node.expression.getText(file.tree) === 'Date' && !node.arguments?.length)
      for (const ban of bans) if (ban.expressions.includes('Date.now')) report(ban, node, 'new Date()');
    if (ts.isImportSpecifier(node) && isNodeImport(node)) {
      const name = (node.propertyName ?? node.name).text;
      for (const ban of bans) if (ban.imported.includes(name)) report(ban, node, `import of ${name}`);
    }
  });
  return violations;
}

function isNodeImport(node: ts.ImportSpecifier): boolean {
  const specifier = node.parent.parent.parent.moduleSpecifier;
  return ts.isStringLiteral(specifier) && (specifier.text.startsWith('node:') || specifier.text === 'bullmq');
}

/** The text of an expression that reads a global or a member of one; undefined for declarations, keys and types. */
function expressionText(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression))
    return node.expression.text === 'globalThis'
      ? node.name.text
      : `${node.expression.text}.${node.name.text}`;
  if (!ts.isIdentifier(node)) return undefined;
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node ? node.text : undefined;
  if (ts.isCallExpression(parent) && parent.expression === node) return node.text;
  if (ts.isCallExpression(parent) && parent.arguments.includes(node)) return node.text;
  if (ts.isNewExpression(parent) && parent.expression === node) return node.text;
  if (ts.isPropertyAssignment(parent) && parent.initializer === node) return node.text;
  if (ts.isVariableDeclaration(parent) && parent.initializer === node) return node.text;
  if (ts.isBinaryExpression(parent) && parent.right === node) return node.text;
  return undefined;
}
