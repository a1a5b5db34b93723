/**
 * Compares the shape of a simulated answer with a real one: the same keys, the same kinds (decimal text, other text,
 * number, boolean, null, list, object), the same keys always or sometimes present. Values never matter.
 */
type Kind = 'decimal' | 'text' | 'number' | 'boolean' | 'null' | 'list' | 'object';

interface Shape {
  readonly kinds: Set<Kind>;
  /** Of all list elements together. */
  element: Shape | undefined;
  /** Of all objects together; `always` until one lacks the key. */
  readonly fields: Map<string, { shape: Shape; always: boolean }>;
  objects: number;
}

const empty = (): Shape => ({ kinds: new Set(), element: undefined, fields: new Map(), objects: 0 });

function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'object';
  if (typeof value === 'string') return /^-?\d+(\.\d+)?(e-?\d+)?$/.test(value) ? 'decimal' : 'text';
  return typeof value === 'number' ? 'number' : 'boolean';
}

/** Objects whose keys are data (coin names), not fields. */
const isMap = (path: string): boolean => path === 'allMids';

function absorb(shape: Shape, value: unknown, path: string): void {
  const kind = kindOf(value);
  shape.kinds.add(kind);
  if (kind === 'list') {
    shape.element ??= empty();
    for (const each of value as unknown[]) absorb(shape.element, each, `${path}[]`);
  }
  if (kind !== 'object') return;
  const entries = Object.entries(value as object);
  if (isMap(path)) {
    shape.element ??= empty();
    for (const [, each] of entries) absorb(shape.element, each, `${path}{}`);
    return;
  }
  for (const [key, each] of entries) {
    let field = shape.fields.get(key);
    if (field === undefined) {
      field = { shape: empty(), always: shape.objects === 0 };
      shape.fields.set(key, field);
    }
    absorb(field.shape, each, `${path}.${key}`);
  }
  for (const [key, field] of shape.fields) if (!entries.some(([name]) => name === key)) field.always = false;
  shape.objects++;
}

export function shapeOf(value: unknown, path: string): Shape {
  const shape = empty();
  absorb(shape, value, path);
  return shape;
}

/** Every difference as "path: what". An empty list of the real one says nothing about its elements. */
export function differences(real: Shape, simulated: Shape, path: string): string[] {
  const found: string[] = [];
  for (const kind of simulated.kinds)
    if (!real.kinds.has(kind)) found.push(`${path}: ${kind}, real has ${[...real.kinds].join('|')}`);
  if (real.element !== undefined && real.element.kinds.size > 0 && simulated.element !== undefined) {
    if (simulated.element.kinds.size === 0) found.push(`${path}: nothing in it to compare`);
    else found.push(...differences(real.element, simulated.element, `${path}[]`));
  }
  if (real.objects === 0 || simulated.objects === 0) return found;
  for (const [key, field] of real.fields) {
    const other = simulated.fields.get(key);
    if (other === undefined) {
      if (field.always) found.push(`${path}.${key}: missing`);
    } else {
      if (field.always && !other.always) found.push(`${path}.${key}: sometimes missing`);
      found.push(...differences(field.shape, other.shape, `${path}.${key}`));
    }
  }
  for (const key of simulated.fields.keys())
    if (!real.fields.has(key)) found.push(`${path}.${key}: not in the real answer`);
  return found;
}
