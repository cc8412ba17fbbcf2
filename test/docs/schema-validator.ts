import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../support/project-root.js';

/** A JSON Schema of draft 2020-12, as far as ours go. */
export interface Schema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

const FOLDER = path.join(projectRoot, 'docs', 'schemas');

/** Those of docs/schemas, by their names. */
export const SCHEMAS: ReadonlyMap<string, Schema> = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as Schema] as const),
);

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$defs', '$ref', 'title', 'description', 'type', 'enum', 'const', 'pattern'],
  ...['properties', 'required', 'additionalProperties', 'items', 'anyOf'],
]);

/** What is wrong with a value, a sentence each: nothing where the schema allows it. @param schemas by their `$id` */
export function faultsOf(
  value: unknown,
  schema: Schema,
  schemas: ReadonlyMap<string, Schema>,
  at = '$',
): string[] {
  checkKeywords(schema);
  if (schema.type !== undefined && !isOfType(value, schema.type)) return [`${at} is no ${schema.type}`];
  const faults: string[] = [];
  if (schema.$ref !== undefined) faults.push(...faultsOf(value, referred(schema.$ref, schemas), schemas, at));
  if (schema.enum?.includes(value) === false) faults.push(`${at} is none of ${schema.enum.join(', ')}`);
  if (schema.const !== undefined && value !== schema.const)
    faults.push(`${at} is not ${JSON.stringify(schema.const)}`);
  if (schema.pattern !== undefined && !patternOf(schema.pattern).test(String(value)))
    faults.push(`${at} does not match ${schema.pattern}`);
  if (schema.items !== undefined && Array.isArray(value)) {
    const { items } = schema;
    faults.push(...value.flatMap((one, index) => faultsOf(one, items, schemas, `${at}[${index}]`)));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    faults.push(...faultsOfFields(value as Record<string, unknown>, schema, schemas, at));
  if (schema.anyOf !== undefined) {
    const each = schema.anyOf.map((one) => faultsOf(value, one, schemas, at));
    if (each.every((found) => found.length > 0))
      faults.push(`${at} is none of: ${each.map((found) => found[0]).join('; ')}`);
  }
  return faults;
}

const known = new WeakSet<Schema>();

function checkKeywords(schema: Schema): void {
  if (known.has(schema)) return;
  for (const keyword of Object.keys(schema))
    if (!KEYWORDS.has(keyword)) throw new TypeError(`this validator does not know ${keyword}`);
  known.add(schema);
}

const patterns = new Map<string, RegExp>();

function patternOf(text: string): RegExp {
  let pattern = patterns.get(text);
  if (pattern === undefined) patterns.set(text, (pattern = new RegExp(text, 'u')));
  return pattern;
}

function faultsOfFields(
  value: Readonly<Record<string, unknown>>,
  { properties = {}, required = [], additionalProperties }: Schema,
  schemas: ReadonlyMap<string, Schema>,
  at: string,
): string[] {
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  return [
    ...missing.map((name) => `${at} has no ${name}`),
    ...Object.entries(value).flatMap(([name, field]) => {
      const schema = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
      if (schema === false) return [`${at} has an unknown field ${name}`];
      return schema === undefined ? [] : faultsOf(field, schema, schemas, `${at}.${name}`);
    }),
  ];
}

function isOfType(value: unknown, type: NonNullable<Schema['type']>): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function referred(reference: string, schemas: ReadonlyMap<string, Schema>): Schema {
  const [file, name] = reference.split('#/$defs/') as [string, string];
  const found = schemas.get(file)?.$defs?.[name];
  if (found === undefined) throw new TypeError(`there is no ${reference}`);
  return found;
}
