import type { HookAnswer, HookVerdict } from '../../src/hooks/verdict.js';

/** Answers of hook servers, and what SRS makes of each. */
export const ANSWERS: readonly (HookAnswer & { readonly verdict: HookVerdict })[] = [
  { status: 200, body: '0', verdict: 'ok' },
  { status: 201, body: '0', verdict: 'ok' },
  { status: 200, body: '{"code":0}', verdict: 'ok' },
  { status: 200, body: ' {"data":null,\n"code": 0, "msg":"fine"}\n', verdict: 'ok' },
  { status: 200, body: '1', verdict: 'refused' },
  { status: 200, body: '{"code":1}', verdict: 'refused' },
  { status: 200, body: '{"code":-1,"data":{}}', verdict: 'refused' },
  { status: 200, body: '0\n', verdict: 'failed' },
  { status: 200, body: '', verdict: 'failed' },
  { status: 200, body: 'ok', verdict: 'failed' },
  { status: 200, body: '"0"', verdict: 'failed' },
  { status: 200, body: 'null', verdict: 'failed' },
  { status: 200, body: '[]', verdict: 'failed' },
  { status: 200, body: '{}', verdict: 'failed' },
  { status: 200, body: '{"code":"0"}', verdict: 'failed' },
  { status: 200, body: '{"code":null}', verdict: 'failed' },
  { status: 204, body: '', verdict: 'failed' },
  { status: 202, body: '0', verdict: 'failed' },
  { status: 302, body: '0', verdict: 'failed' },
  { status: 404, body: '0', verdict: 'failed' },
  { status: 500, body: '{"code":0}', verdict: 'failed' },
];
