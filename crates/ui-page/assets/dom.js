// Small helpers for elements, dialogs and errors. Texts become text nodes, never HTML.

import { fill, t } from './texts.js';

export const byId = (id) => document.getElementById(id);

/** An element with these properties (`class`, `data-…`, `aria-…` and `role` as attributes) and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (/^(class$|role$|datetime$|data-|aria-)/.test(key)) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Shows a sentence in the place for news of this part of the page, where readers aloud hear it. */
export function say(place, text) {
  place.textContent = '';
  // A text that is set again is read again only if it was gone in between.
  requestAnimationFrame(() => {
    place.textContent = text;
  });
}

/** What went wrong, for a person. */
export function sentence(error) {
  if (error.status === 0) return t.error_unreachable;
  if (error.status === 404) return t.error_gone;
  if (error.fields?.length) return fill(t.error_rejected, { detail: error.fields.map((it) => it.msg).join('; ') });
  if (error.detail && error.status < 500) return fill(t.error_rejected, { detail: error.detail });
  if (error.status) return fill(t.error_failed, { status: error.status });
  // A slip of this script: nothing to show a reader, but its developer wants the trace.
  console.error(error);
  return fill(t.error_failed, { status: '–' });
}

export function showProblem(place, text) {
  place.textContent = text;
  place.hidden = false;
}

export function hideProblem(place) {
  place.hidden = true;
  place.textContent = '';
}

/** Runs a button's work once at a time. */
export async function busy(button, work) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    button.removeAttribute('aria-busy');
  }
}

/** Buttons that close the dialog they stand in. Escape is the browser's own. */
export function closeButtons() {
  for (const button of document.querySelectorAll('[data-close]')) {
    button.addEventListener('click', () => button.closest('dialog').close());
  }
}
