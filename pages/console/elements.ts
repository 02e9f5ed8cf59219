import { make } from '../players/dom.js';

export { make };

const SVG = 'http://www.w3.org/2000/svg';

/** Sets the text where it differs: a text that is set again is laid out again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute where it differs; null removes it. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

export function makeButton(
  text: string,
  act: () => void,
  kind: 'plain' | 'danger' | 'main' = 'plain',
): HTMLButtonElement {
  const button = make('button', { type: 'button', textContent: text, className: kind });
  button.addEventListener('click', act);
  return button;
}

export function makeLink(text: string, href: string): HTMLAnchorElement {
  return make('a', { textContent: text, href });
}

/** An element of SVG with these attributes. */
export function makeSvg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
