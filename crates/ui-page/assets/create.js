// Making a share.

import * as api from './api.js';
import { busy, byId, showProblem } from './dom.js';
import { clearErrors, fieldError, focusFirstError, showError } from './form.js';
import { parseStudies } from './studies.js';
import { fill, t } from './texts.js';

const [dialog, form] = [byId('create'), byId('create-form')];
const [viewer, anonymized, duration, until] = [byId('viewer'), byId('anonymized'), byId('duration'), byId('until')];
const DAY = 24 * 60 * 60;

/** `created` gets the API's answer. */
export function startCreate(created) {
  // Disabled until then: without a script there is no form.
  byId('new').disabled = false;
  byId('new').addEventListener('click', () => {
    clearErrors(form);
    dialog.showModal();
  });
  viewer.addEventListener('change', adapt);
  duration.addEventListener('change', adapt);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(event.submitter ?? form, () => submit(created));
  });
  form.addEventListener('reset', () => setTimeout(adapt));
  adapt();
}

/** What the chosen viewer can do, and a date where one is asked for. */
function adapt() {
  const { needs, anonymized: canAnonymize } = viewer.selectedOptions[0]?.dataset ?? {};
  byId('viewer-needs').textContent = { 'dicom-uid': t.needs_uid, 'orthanc-id': t.needs_orthanc_id }[needs] ?? '';
  anonymized.disabled = canAnonymize !== 'true';
  if (anonymized.disabled) anonymized.checked = false;
  until.hidden = duration.value !== 'date';
}

async function submit(created) {
  clearErrors(form);
  const share = read();
  if (!share) return focusFirstError(form);
  try {
    const answer = await api.create(share);
    form.reset();
    dialog.close();
    // Not waited for: the form is free for the next one.
    created(answer, { hasCode: 'password' in share });
  } catch (error) {
    // A code is set or not: that of the second try is typed again, not sent along unseen.
    showError(form, error, { pin: 'password', 'validity-duration': 'duration' });
  }
}

/** The request, or null where a field has to be filled in first. */
function read() {
  const { elements } = form;
  const text = (name) => elements.namedItem(name).value.trim();
  const { studies, unknown } = parseStudies(elements.studies.value);
  const share = { studies, type: viewer.value };
  if (unknown.length) fieldError(elements.studies, fill(t.error_no_study, { word: unknown[0] }));
  else if (studies.length === 0) fieldError(elements.studies, t.error_required);
  if (!share.type) showProblem(form.querySelector('[data-problem]'), t.no_viewer);

  if (duration.value === 'date') {
    const end = new Date(elements['expiration-date'].value);
    if (Number.isNaN(end.getTime())) fieldError(elements['expiration-date'], t.error_required);
    else share['expiration-date'] = end.toISOString();
  } else if (duration.value) {
    share['validity-duration'] = Number(duration.value) * DAY;
  }
  if (anonymized.checked) share.anonymized = true;
  if (elements['short-link'].checked) share['short-link'] = true;
  for (const name of ['label', 'id']) {
    if (text(name)) share[name] = text(name);
  }
  // Not trimmed: what was typed is what the person will be asked for.
  if (elements.password.value) share.password = elements.password.value;
  // What is no number is empty for the script, but not for the person.
  if (elements['max-uses'].validity.badInput) fieldError(elements['max-uses'], t.error_required);
  else if (text('max-uses')) share['max-uses'] = Number(text('max-uses'));
  return form.querySelector('[aria-invalid]') || !share.type ? null : share;
}
