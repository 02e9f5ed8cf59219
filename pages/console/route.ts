export const PANES = ['machine', 'children', 'streams', 'clients', 'events', 'box'] as const;
export type PaneName = (typeof PANES)[number];

/** The part of the console that the address names: `#/streams/v%2Flive%2Fcam?filter=live`. */
export interface Route {
  readonly pane: PaneName;
  /** Child or stream whose details are open; null: none. */
  readonly open: string | null;
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name = '', open = ''] = path.split('/');
  const pane = PANES.find((one) => one === name) ?? 'machine';
  return { pane, open: open === '' ? null : decode(open), query: new URLSearchParams(search) };
}

/** Returns the address that `parseRoute` reads back. */
export function printRoute(
  pane: PaneName,
  open: string | null = null,
  query: Readonly<Record<string, string>> = {},
): string {
  const search = new URLSearchParams(query).toString();
  const path = open === null ? pane : `${pane}/${encodeURIComponent(open)}`;
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
