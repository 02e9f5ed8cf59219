import { z } from 'zod';
import { ERROR, json, type RouteDoc } from './route-doc.js';

/** A route as it is registered. */
export interface DocumentedRoute {
  readonly method: string;
  /** `/admin/v1/jobs/:id` */
  readonly url: string;
  readonly doc: RouteDoc;
}

export interface DocumentInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

type Json = Record<string, unknown>;

const DRAFT = { target: 'draft-2020-12', unrepresentable: 'throw' } as const;
const TOKEN = 'token';
/** Answers of the guard, which every route but the free ones may give. */
const GUARD_ERRORS = {
  401: 'admin.token is set and the request does not bear it',
  403: "the Host header names another address than the port has, or another site's page asks",
};

/** Returns the OpenAPI 3.1 document of the routes, as JSON. */
export function documentOf(routes: readonly DocumentedRoute[], info: DocumentInfo): Json {
  const schemas = new Schemas();
  const paths: Record<string, Json> = {};
  for (const { method, url, doc } of routes) {
    const path = url.replace(/:(\w+)/g, '{$1}');
    const known = paths[path] ?? {};
    paths[path] = { ...known, [method.toLowerCase()]: operationOf({ method, url, doc }, schemas) };
  }
  const bearer = { type: 'http', scheme: 'bearer', description: 'admin.token, if it is set' };
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: { schemas: schemas.named, securitySchemes: { [TOKEN]: bearer } },
  };
}

function operationOf({ method, url, doc }: DocumentedRoute, schemas: Schemas): Json {
  const { summary, tag, isFree = false, body } = doc;
  const parameters = [
    ...parametersOf(doc.params, 'path', schemas),
    ...parametersOf(doc.query, 'query', schemas),
    ...parametersOf(doc.headers, 'header', schemas),
  ];
  return {
    operationId: nameOf(method, url),
    summary,
    tags: [tag],
    security: isFree ? [] : [{ [TOKEN]: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOf(body, schemas) }),
    responses: responsesOf(doc, schemas),
  };
}

/** `POST /admin/v1/children/:id/drain` -> `postChildrenIdDrain` */
function nameOf(method: string, url: string): string {
  const words = url.replace(/^\/admin\/v1/, '').match(/[A-Za-z0-9]+/g) ?? [];
  const capital = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  return `${method.toLowerCase()}${words.map(capital).join('')}`;
}

function parametersOf(fields: z.ZodObject | undefined, place: string, schemas: Schemas): Json[] {
  const { properties = {}, required = [] } = (fields && schemas.input(fields)) ?? {};
  return Object.entries(properties as Record<string, Json>).map(
    ([name, { description, ...rest }]) => ({
      name,
      in: place,
      required: place === 'path' || (required as string[]).includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    }),
  );
}

function bodyOf(body: z.ZodType, schemas: Schemas): Json {
  const schema = schemas.input(body);
  const { required = [] } = schema;
  const isRequired = (required as string[]).length > 0;
  return { required: isRequired, content: { 'application/json': { schema } } };
}

function responsesOf({ answers, errors = {}, isFree = false }: RouteDoc, schemas: Schemas): Json {
  const all = { ...(isFree ? { 403: GUARD_ERRORS[403] } : GUARD_ERRORS), ...errors };
  const refusals = Object.entries(all).map(
    ([status, when]) => [status, json(ERROR, when)] as const,
  );
  const entries = [...Object.entries(answers), ...refusals];
  return Object.fromEntries(
    entries.map(([status, { about, bodies }]) => {
      const content = Object.entries(bodies).map(([type, body]) => [
        type,
        { schema: schemas.output(body) },
      ]);
      return [status, { description: about, content: Object.fromEntries(content) }];
    }),
  );
}

/** Makes JSON schemas, and keeps those that have a name. */
class Schemas {
  readonly named: Record<string, Json> = {};

  /** Returns the schema of what we take. */
  input(schema: z.ZodType): Json {
    return this.#keep(z.toJSONSchema(schema, { ...DRAFT, io: 'input', override }));
  }

  /** Returns the schema of what we say. Later versions may say more than it names. */
  output(schema: z.ZodType): Json {
    return this.#keep(z.toJSONSchema(schema, { ...DRAFT, io: 'output', override: open }));
  }

  #keep(made: object): Json {
    const {
      $schema: _,
      $defs = {},
      ...schema
    } = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
    Object.assign(this.named, $defs);
    return schema;
  }
}

interface Overridden {
  readonly jsonSchema: Json;
}

/** Removes bounds that say nothing. A list that the program does not change is no `readOnly`. */
function override({ jsonSchema }: Overridden): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema.readOnly;
}

function open({ jsonSchema }: Overridden): void {
  override({ jsonSchema });
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}
