import { keepToken } from './api.js';
import { make } from './elements.js';

/** Asks for the token of the admin port, which this tab then keeps. */
export function makeLogin(onToken: () => void): { element: HTMLElement; refuse: () => void } {
  const field = make('input', { id: 'token', type: 'password', required: true });
  field.autocomplete = 'current-password';
  const label = make('label', { htmlFor: 'token', textContent: 'Token of the admin port' });
  const button = make('button', { type: 'submit', textContent: 'Log in', className: 'main' });
  const wrong = make('p', { className: 'why', role: 'alert', hidden: true });
  wrong.textContent = 'This is not the token.';
  const hint = make('p', { className: 'hint' });
  hint.textContent =
    'It is admin.token of the configuration. This tab keeps it until it is closed.';
  const title = make('h1', { textContent: 'Log in' });
  const form = make('form', { className: 'card' }, title, label, field, button, wrong, hint);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    keepToken(field.value);
    field.value = '';
    onToken();
  });
  let isFirst = true;
  const refuse = () => {
    wrong.hidden = isFirst;
    isFirst = false;
    field.focus();
  };
  return { element: make('div', { className: 'pane login' }, form), refuse };
}
