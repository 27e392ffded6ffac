// One share: its link, what is known of it, changing it, its history, revoking it.

import * as api from './api.js';
import { busy, byId, element, hideProblem, say, sentence, showProblem } from './dom.js';
import { clearErrors, fieldError, focusFirstError, showError } from './form.js';
import { resetHistory, startHistory } from './history.js';
import { showLink, startLink } from './link.js';
import { badge, ending, focusRow, nameOf, openings, report, update } from './list.js';
import { fill, localInput, moment, number, resources, t, viewerName } from './texts.js';

const [dialog, confirm, form, title] = [byId('details'), byId('confirm'), byId('change-form'), byId('details-title')];
const [status, problem] = [dialog.querySelector('[data-status]'), dialog.querySelector('[data-problem]')];
const confirmProblem = confirm.querySelector('[data-problem]');
/** The share in the dialog. */
let shown = null;
/** The question that is open: whether to revoke this share. */
let question = null;

const isShown = (jti) => Boolean(shown) && shown.jti === jti;

export function startShare() {
  startLink();
  startHistory();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(event.submitter ?? form, save);
  });
  byId('change-endless').addEventListener('change', adaptEnd);
  byId('revoke').addEventListener('click', () => {
    hideProblem(confirmProblem);
    dropQuestion();
    question = { share: shown };
    confirm.showModal();
  });
  byId('confirm-revoke').addEventListener('click', revoke);
  // A question that was answered stays until that is done. A browser may close it all the same.
  for (const [name, isClosing] of [['cancel', () => true], ['keydown', ({ key }) => key === 'Escape']]) {
    confirm.addEventListener(name, (event) => {
      if (question?.isAnswered && isClosing(event)) event.preventDefault();
    });
  }
  // This comes a while after it is closed: by then the next question may be open.
  confirm.addEventListener('close', () => confirm.open || dropQuestion());
  dialog.addEventListener('close', () => {
    // Likewise: another share may be in it.
    if (dialog.open) return;
    const { jti } = shown ?? {};
    shown = null;
    focusRow(jti);
    // Nothing of it stays in the page.
    showLink('');
  });
}

/** Opens the dialog on this share of the list. */
export async function openShare(listed) {
  const { jti } = listed;
  await begin(jti, nameOf(listed), async () => {
    const share = await api.get(jti);
    if (isShown(jti)) show(share, share.url);
  });
  if (isShown(jti)) title.focus();
}

/** The same for one that was made just now; only the answer to its making has its short link. */
export async function openNew(answer, { hasCode }) {
  const { jti, url } = answer;
  await begin(jti, t.link_ready, async () => {
    // The link first: nothing that fails later takes it away.
    byId('details-body').hidden = false;
    for (const id of ['change', 'history', 'revoke-section', 'facts']) byId(id).hidden = true;
    link(url);
    const notes = [t.link_ready_hint, answer['short-url'] && t.short_once, hasCode && t.code_reminder];
    const note = byId('link-note');
    note.textContent = notes.filter(Boolean).join(' ');
    note.hidden = false;
    byId(url ? 'copy' : 'details-title').focus();
    // An instant link has no share behind it: the link is all there is.
    if (!jti) return;
    const share = await api.get(jti);
    update(share);
    if (!isShown(jti)) return;
    shown = share;
    fillIn(share);
  });
}

async function begin(jti, heading, load) {
  shown = { jti };
  title.textContent = heading;
  byId('details-badges').replaceChildren();
  byId('details-body').hidden = true;
  byId('link-note').hidden = true;
  byId('change').open = false;
  hideProblem(problem);
  clearErrors(form);
  resetHistory(jti);
  status.textContent = t.loading;
  // One may be open already where its making took long.
  if (!dialog.open) dialog.showModal();
  try {
    await load();
  } catch (error) {
    if (isShown(jti)) showProblem(problem, sentence(error));
  }
  if (isShown(jti) && status.textContent === t.loading) status.textContent = '';
}

function link(url) {
  byId('link-section').hidden = !url;
  byId('no-link').hidden = Boolean(url);
  showLink(url ?? '');
}

function show(share, url) {
  shown = share;
  title.textContent = nameOf(share);
  link(url);
  fillIn(share);
  byId('details-body').hidden = false;
}

/** All but the link and the title, which stay through a change. */
function fillIn(share) {
  const isRevoked = share.state === 'revoked';
  const marks = [share.anonymized && t.anonymized, share.protected && t.with_code].filter(Boolean);
  byId('details-badges').replaceChildren(
    badge(share.state),
    ...marks.map((mark) => element('span', { class: 'badge' }, mark)),
  );
  byId('facts').replaceChildren(...facts(share));
  byId('change-label').value = share.label ?? '';
  byId('change-end').value = share['expiration-date'] ? localInput(share['expiration-date']) : '';
  byId('change-endless').checked = !share['expiration-date'];
  adaptEnd();
  for (const id of ['change', 'revoke-section']) byId(id).hidden = isRevoked;
  byId('history').hidden = byId('facts').hidden = false;
}

function facts(share) {
  const by = (date, user) => (user ? `${moment(date)} · ${user}` : moment(date));
  const attempts = share['attempts-left'];
  const rows = [
    [t.studies, element('ul', {}, ...resources(share).map((text) => element('li', {}, text)))],
    [t.viewer, viewerName(share.type)],
    [t.own_id, share.id],
    [t.created, share.created && by(share.created, share['created-by'])],
    [t.valid_from, share['not-before'] && moment(share['not-before'])],
    [t.ends, ending(share)],
    [t.revoked, share.revoked && by(share.revoked, share['revoked-by'])],
    [t.openings, openings(share)],
    [t.code, share.protected && typeof attempts === 'number' && fill(t.attempts_left, { count: number(attempts) })],
    [t.share_id, share.jti],
  ];
  const present = rows.filter(([, value]) => value);
  return present.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)));
}

function adaptEnd() {
  byId('change-end').disabled = byId('change-endless').checked;
}

async function save() {
  clearErrors(form);
  const share = shown;
  const changes = {};
  const label = byId('change-label').value.trim();
  if (label !== (share.label ?? '')) changes.label = label || null;
  const before = share['expiration-date'];
  if (byId('change-endless').checked) {
    if (before) changes['expiration-date'] = null;
  } else {
    const typed = byId('change-end').value;
    const end = new Date(typed);
    if (Number.isNaN(end.getTime())) {
      fieldError(byId('change-end'), t.error_required);
      return focusFirstError(form);
    }
    // The field has minutes only: an end that nobody touched keeps its seconds.
    if (!before || typed !== localInput(before)) changes['expiration-date'] = end.toISOString();
  }
  try {
    const changed = Object.keys(changes).length ? await api.change(share.jti, changes) : share;
    update(changed);
    if (shown !== share) return;
    shown = changed;
    title.textContent = nameOf(changed);
    fillIn(changed);
    resetHistory(changed.jti, true);
    byId('change').open = false;
    byId('change').querySelector('summary').focus();
    say(status, t.saved);
  } catch (error) {
    if ([404, 409].includes(error.status)) await overtaken(share.jti, error);
    else if (shown === share) showError(form, error);
  }
}

/** Somebody else revoked the share meanwhile, or it is gone: nothing of it is offered any more. */
async function overtaken(jti, error) {
  const share = await api.get(jti).catch(() => null);
  if (share) update(share);
  if (!isShown(jti)) return;
  if (share?.state === 'revoked') showRevoked(share);
  else byId('details-body').hidden = true;
  showProblem(problem, sentence(error));
  problem.focus();
}

async function revoke() {
  const mine = question;
  if (!mine || mine.isAnswered) return;
  const { share } = mine;
  mine.isAnswered = true;
  hold(true);
  hideProblem(confirmProblem);
  try {
    await api.revoke(share.jti);
  } catch (error) {
    mine.isAnswered = false;
    if (mine === question && confirm.open) {
      hold(false);
      showProblem(confirmProblem, sentence(error));
    } else if (isShown(share.jti)) showProblem(problem, sentence(error));
    else report(`${nameOf(share)}: ${sentence(error)}`);
    return;
  }
  if (mine === question) {
    dropQuestion();
    confirm.close();
  }
  // It is revoked, whether or not the rest can be read.
  const revoked = await api.get(share.jti).catch(() => ({ ...share, state: 'revoked' }));
  update(revoked);
  if (!isShown(share.jti)) return;
  showRevoked(revoked);
  say(status, t.revoked_done);
  if (!confirm.open) title.focus();
}

function dropQuestion() {
  question = null;
  hold(false);
}

/** Whether the question waits for its answer to be carried out. */
function hold(isHeld) {
  byId('confirm-revoke').setAttribute('aria-busy', isHeld);
  confirm.querySelector('[data-close]').disabled = isHeld;
}

function showRevoked(share) {
  shown = share;
  title.textContent = nameOf(share);
  link(null);
  byId('no-link').hidden = true;
  byId('link-note').hidden = true;
  fillIn(share);
  resetHistory(share.jti, true);
}
