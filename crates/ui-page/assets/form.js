// Errors of a form, each beside its field, for eyes and for readers aloud.

import { element, hideProblem, sentence, showProblem } from './dom.js';
import { fill, t } from './texts.js';

const problemOf = (form) => form.querySelector('[data-problem]');

export function clearErrors(form) {
  hideProblem(problemOf(form));
  for (const control of form.querySelectorAll('[aria-invalid]')) {
    const note = `${control.id}-error`;
    control.removeAttribute('aria-invalid');
    const described = (control.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => id && id !== note);
    if (described.length) control.setAttribute('aria-describedby', described.join(' '));
    else control.removeAttribute('aria-describedby');
    document.getElementById(note)?.remove();
  }
}

export function fieldError(control, text) {
  const note = `${control.id}-error`;
  let place = document.getElementById(note);
  if (!place) {
    place = element('p', { class: 'error', id: note });
    control.closest('.field').append(place);
    const described = control.getAttribute('aria-describedby');
    control.setAttribute('aria-describedby', described ? `${note} ${described}` : note);
    control.setAttribute('aria-invalid', 'true');
  }
  place.append(element('span', {}, text));
}

/** Focuses the first field that has an error, where it is hidden after opening what hides it; else what stands
 * above the form. */
export function focusFirstError(form) {
  const control = form.querySelector('[aria-invalid]');
  const closed = control?.closest('details:not([open])');
  if (closed) closed.open = true;
  if (control) return control.focus();
  const problem = problemOf(form);
  if (problem.hidden) return;
  problem.focus({ preventScroll: true });
  problem.scrollIntoView({ block: 'nearest' });
}

/** Shows why the API refused: 422 beside the fields that it names, the rest above the form. */
export function showError(form, error, aliases = {}) {
  const others = [];
  for (const { loc, msg } of error.fields ?? []) {
    const [name, index] = loc;
    const control = form.elements.namedItem(aliases[name] ?? name ?? '');
    if (!control || !control.closest('.field') || control.closest('[hidden]')) {
      others.push(loc.length ? `${loc.join('.')}: ${msg}` : msg);
    } else if (typeof index === 'number') {
      fieldError(control, fill(t.error_line, { number: index + 1, detail: msg }));
    } else {
      fieldError(control, fill(t.error_field, { detail: msg }));
    }
  }
  if (!error.fields?.length) showProblem(problemOf(form), sentence(error));
  else if (others.length) showProblem(problemOf(form), fill(t.error_rejected, { detail: others.join('; ') }));
  focusFirstError(form);
}
