/** A JSON object of SRS's API. What is not counted or looked up is passed on as it came. */
export type Json = Readonly<Record<string, unknown>>;

/** Reads an object's text. Throws SyntaxError or TypeError for anything else. */
export function parseJson(text: string): Json {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new TypeError('not a JSON object');
  return value;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object behind a name; an empty one where there is none. */
export function objectOf(from: Json, name: string): Json {
  const value = from[name];
  return isObject(value) ? value : {};
}

/** The objects of the array behind a name. */
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
