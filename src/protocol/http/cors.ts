/** SRS's CORS headers, which answer only a request that names its origin. */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': '*',
  'Access-Control-Expose-Headers': '*',
  'Access-Control-Allow-Credentials': 'false',
  'Access-Control-Request-Private-Network': 'true',
};

/** The headers for a request with this `Origin`; none without one. */
export function corsHeaders(origin: string | undefined): Readonly<Record<string, string>> {
  return origin === undefined ? {} : CORS;
}
