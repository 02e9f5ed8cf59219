import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Json = Record<string, unknown>;
interface Operation {
  readonly responses: Record<string, { content: Record<string, { schema: object }> }>;
}

/** An OpenAPI document, against which answers are held. */
export class ApiDocument {
  readonly #paths: Record<string, Record<string, Operation>>;
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: object) {
    const { paths, components } = structuredClone(document) as {
      paths: Record<string, Record<string, Operation>>;
      components: Json;
    };
    close(paths);
    close(components);
    this.#paths = paths;
    this.#ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
    this.#ajv.addVocabulary(['components']);
    this.#ajv.addSchema({ $id: 'api', components });
  }

  /** All operations: `GET /admin/v1/status`. */
  get operations(): string[] {
    return Object.entries(this.#paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** Fails unless an operation may answer so, field by field. */
  check(operation: string, status: number, answer: unknown): void {
    const where = `${operation} ${status}`;
    const validate = this.#validators.get(where) ?? this.#compile(operation, status);
    this.#validators.set(where, validate);
    assert.ok(validate(answer), `${where}: ${this.#ajv.errorsText(validate.errors)}`);
  }

  #compile(operation: string, status: number): ValidateFunction {
    const [method = '', path = ''] = operation.split(' ');
    const response = this.#paths[path]?.[method.toLowerCase()]?.responses[status];
    assert.ok(response, `${operation} ${status} is described`);
    const schema = response.content['application/json']?.schema;
    assert.ok(schema, `${operation} ${status} has a body of JSON`);
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
    return this.#ajv.compile(JSON.parse(text));
  }
}

/** Permits no fields but those that are named, so that no answer says more than its description. */
function close(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Json;
  if (schema.type === 'object' && 'properties' in schema) schema.additionalProperties ??= false;
  for (const value of Object.values(schema)) close(value);
}
