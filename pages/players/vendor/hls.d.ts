export type { ErrorData, HlsConfig } from 'hls.js';
export { default, ErrorTypes, Events } from 'hls.js';
