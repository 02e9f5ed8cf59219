import { order } from './api.js';
import { make, makeButton } from './elements.js';

const SHOWN_MS = 6000;

const told = make('p', { id: 'told', role: 'status' });
let hiding: ReturnType<typeof setTimeout> | undefined;

/** Where the outcome of orders is told. */
export function toldElement(): HTMLElement {
  return told;
}

function tell(words: string, isBad: boolean): void {
  told.textContent = words;
  told.dataset.bad = String(isBad);
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    told.textContent = '';
  }, SHOWN_MS);
}

/** An order that is given only after the user has said yes. */
export interface Question {
  /** The question in one sentence. */
  readonly words: string;
  readonly verb: string;
  readonly path: string;
  readonly body?: object;
  /** Told when it is done. */
  readonly done: string;
}

/** Asks the user, gives the order, and tells its outcome. */
export function askAndOrder({ words, verb, path, body = {}, done }: Question): void {
  const dialog = make('dialog');
  dialog.setAttribute('aria-label', words);
  const end = () => {
    dialog.close();
    dialog.remove();
  };
  const yes = makeButton(
    verb,
    () => {
      end();
      order(path, body).then(
        () => tell(done, false),
        (error: Error) => tell(error.message, true),
      );
    },
    'danger',
  );
  const buttons = make('div', { className: 'buttons' }, makeButton('Cancel', end), yes);
  dialog.append(make('p', { textContent: words }), buttons);
  dialog.addEventListener('cancel', end);
  document.body.append(dialog);
  dialog.showModal();
}
