/** A JSON object of SRS's API. Fields that we do not use are passed on unchanged. */
export type Json = Readonly<Record<string, unknown>>;

/** Parses an object. Throws SyntaxError or TypeError for anything else. */
export function parseJson(text: string): Json {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new TypeError('not a JSON object');
  return value;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the object in a field; an empty one if there is none. */
export function objectOf(from: Json, name: string): Json {
  const value = from[name];
  return isObject(value) ? value : {};
}

/** Returns the objects in an array field. */
export function rowsOf(from: Json, name: string): Json[] {
  const value = from[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function textOf(from: Json, name: string): string {
  const value = from[name];
  return typeof value === 'string' ? value : '';
}

export function numberOf(from: Json, name: string): number {
  const value = from[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
