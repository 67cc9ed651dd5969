// The one way from unknown JSON to a typed body: OCI's leniencies first, then the shape, then an error that says where.
import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

/** A value does not have its shape. `missing` tells an absent member from a wrong one. */
export class InvalidShape extends Error {
  override readonly name = 'InvalidShape';
  readonly problem: 'missing' | 'invalid';

  constructor(problem: 'missing' | 'invalid', message: string) {
    super(message);
    this.problem = problem;
  }
}

const compiled = new WeakMap<TSchema, Validator>();

/**
 * `value` as the shape `schema`. A null member counts as not given (the TypeScript SDK sends nulls, Python leaves them out),
 * an integer may come as its decimal digits (the API's own example does that), unknown members are ignored. Throws
 * `InvalidShape` naming the member, what is expected and what came.
 */
export function parseShape<const Shape extends TSchema>(schema: Shape, value: unknown): Static<Shape> {
  const normal = normalise(schema, value);
  const validator = validatorOf(schema);
  if (!validator.Check(normal)) throw explain(validator, normal);
  // The validator has just proved it.
  return normal as Static<Shape>;
}

function validatorOf(schema: TSchema): Validator {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const validator = Compile(schema);
  compiled.set(schema, validator);
  return validator;
}

interface MemberSchema {
  readonly type?: string;
  readonly acceptsInteger?: boolean;
}

function normalise(schema: TSchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = (schema as { properties?: Record<string, MemberSchema> }).properties ?? {};
  const given = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    given.map(([name, member]) => [name, coerce(Object.hasOwn(members, name) ? members[name] : undefined, member)]),
  );
}

function coerce(schema: MemberSchema | undefined, member: unknown): unknown {
  if (schema?.type === 'integer' && typeof member === 'string' && /^-?\d{1,15}$/.test(member)) return Number(member);
  if (schema?.acceptsInteger === true && Number.isSafeInteger(member)) return String(member);
  return member;
}

/** The first problem in words; the compiler's list is in the order of the shape. */
function explain(validator: Validator, value: unknown): InvalidShape {
  const problems = validator.Errors(value);
  const [first] = problems;
  if (first === undefined) return new InvalidShape('invalid', 'The body does not have the expected shape.');
  const params = first.params as Record<string, unknown>;
  if (first.keyword === 'required') {
    const names = (params['requiredProperties'] as readonly string[]).join(', ');
    return new InvalidShape('missing', `${names}: required, but not given.`);
  }
  const names = namesIn(first.instancePath);
  const where = names.length === 0 ? 'The body' : names.join('.');
  // Of a choice between types the list has a problem for each.
  const types = problems.filter(({ instancePath, keyword }) => instancePath === first.instancePath && keyword === 'type');
  const expected = [...new Set(types.map((problem) => typeIn(problem.params)))].join(' or ') || expectation(first.keyword, params);
  return new InvalidShape('invalid', `${where}: expected ${expected}, got ${show(valueAt(value, names))}.`);
}

function typeIn(params: object): string {
  const type = 'type' in params ? String(params.type) : 'value';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

function expectation(keyword: string, params: Record<string, unknown>): string {
  if (keyword === 'minLength') return `at least ${params['limit']} character(s)`;
  if (keyword === 'maxLength') return `at most ${params['limit']} characters`;
  if (keyword === 'minimum') return `at least ${params['limit']}`;
  if (keyword === 'maximum') return `at most ${params['limit']}`;
  if (keyword === 'enum') return `one of ${(params['allowedValues'] as readonly string[]).join(', ')}`;
  return keyword;
}

/** The member names of a JSON pointer (RFC 6901). */
function namesIn(pointer: string): readonly string[] {
  const names = pointer.split('/').slice(1);
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueAt(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], value);
}

/** A short form of what came: long texts by their length, what may be nested by its kind. */
function show(value: unknown): string {
  if (typeof value === 'string' && value.length > 64) return `a string of ${value.length} characters`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  return Array.isArray(value) ? 'an array' : 'an object';
}
