// The list of shares: search, rows, and more of them.

import * as api from './api.js';
import { busy, byId, element, hideProblem, say, sentence, showProblem } from './dom.js';
import { isStudy } from './studies.js';
import { fill, moment, number, resources, STATES, t, viewerName } from './texts.js';

const [rows, table, more] = [byId('rows'), byId('shares'), byId('more')];
const [status, problem, query, state] = [byId('list-status'), byId('list-problem'), byId('query'), byId('state')];

/** What the next page asks for; a new search makes a new one, and answers to the old are dropped. */
let search = {};
let open = () => {};

export function startList(openShare) {
  open = openShare;
  byId('search').addEventListener('submit', (event) => {
    event.preventDefault();
    reload();
  });
  state.addEventListener('change', reload);
  // The cross in the field empties it.
  query.addEventListener('search', () => query.value === '' && reload());
  more.addEventListener('click', () => busy(more, () => page(search)));
  return reload();
}

/** Asks anew, from the newest. */
export async function reload() {
  const text = query.value.trim();
  const mine = { state: state.value };
  if (isStudy(text)) mine.study = text;
  else if (text) mine.id = text;
  search = mine;
  // It would go on with this search below the rows of the one before.
  more.hidden = true;
  status.textContent = t.loading;
  await page(mine, true, text);
}

async function page(mine, isFirst = false, text = '') {
  hideProblem(problem);
  let answer;
  try {
    answer = await api.list(mine);
    if (isFirst && mine.study && answer.shares.length === 0) {
      // A site's own ids may look like UIDs.
      delete mine.study;
      mine.id = text;
      answer = await api.list(mine);
    }
  } catch (error) {
    if (mine !== search) return;
    say(status, '');
    if (isFirst) clear();
    const again = () => {
      // The button goes away with what it stands in.
      status.focus();
      return page(mine, isFirst, text);
    };
    const retry = element('button', { type: 'button', onclick: isFirst ? again : () => busy(more, again) }, t.retry);
    showProblem(problem, `${sentence(error)} `);
    problem.append(retry);
    return;
  }
  if (mine !== search) return;
  mine.after = answer.next;
  if (isFirst) rows.replaceChildren();
  const before = rows.children.length;
  rows.append(...answer.shares.map(row));
  more.hidden = !answer.next;
  show();
  // The button may be gone, and who used it reads on where the new ones begin.
  if (!isFirst) rows.children[before]?.querySelector('button').focus();
}

/** No rows of an old search under a new one. */
function clear() {
  rows.replaceChildren();
  table.hidden = more.hidden = true;
}

/** What became of a share that is not looked at any more. */
export function report(text) {
  showProblem(problem, text);
}

function show() {
  const count = rows.children.length;
  table.hidden = count === 0;
  const isSearch = Boolean(search.id || search.study || search.state);
  say(status, count ? fill(t.found, { count: number(count) }) : isSearch ? t.none_found : t.none_yet);
}

/** What a share is called: its label, else its own id, else what it opens. */
export const nameOf = (share) => share.label || share.id || resources(share)[0] || share.jti;

export const badge = (name) =>
  element('span', { class: 'badge', 'data-state': name }, STATES[name] ?? name);

/** Only openings that have a limit or a code are counted: elsewhere none does not mean that nobody looked. */
export function openings(share) {
  const uses = number(share.uses ?? 0);
  if (share['max-uses']) return fill(t.uses_of, { uses, max: number(share['max-uses']) });
  return share.protected || share.uses ? uses : '–';
}

export function ending(share) {
  const end = share['expiration-date'];
  return end ? element('time', { datetime: end }, moment(end)) : t.no_end;
}

function row(share) {
  const made = element('tr', { role: 'row', 'data-jti': share.jti });
  fillRow(made, share);
  return made;
}

function fillRow(row, share) {
  const name = nameOf(share);
  const shared = resources(share).filter((text) => text !== name);
  const below = [share.id !== name ? share.id : '', shared[0], shared.length > 1 ? `+${shared.length - 1}` : ''];
  const marks = [share.anonymized && t.anonymized, share.protected && t.with_code].filter(Boolean);
  const parts = [
    ...below.filter(Boolean).map((text) => element('span', {}, text)),
    ...marks.map((text) => element('span', { class: 'mark-text' }, text)),
  ];
  const button = element('button', { type: 'button', class: 'name', 'aria-haspopup': 'dialog' }, name);
  button.addEventListener('click', () => open(share));
  const cell = (label, ...children) => element('td', { role: 'cell', 'data-label': label }, ...children);
  row.replaceChildren(
    element(
      'td',
      { role: 'cell', class: 'first' },
      button,
      element(
        'span',
        { class: 'below' },
        ...parts.flatMap((part, i) => (i ? [' · ', part] : [part])),
      ),
    ),
    cell(t.state, badge(share.state)),
    cell(t.viewer, viewerName(share.type)),
    cell(t.ends, ending(share)),
    element('td', { role: 'cell', class: 'number', 'data-label': t.openings }, openings(share)),
  );
}

const find = (jti) => [...rows.children].find((row) => row.dataset.jti === jti);

/** Shows what became of a share; one that is not in the list yet is put on top. */
export function update(share) {
  const found = find(share.jti);
  if (found) return fillRow(found, share);
  rows.prepend(row(share));
  show();
}

/** Back to the row of a share, whose button may be another one than before. */
export function focusRow(jti) {
  if (document.activeElement === document.body) (find(jti)?.querySelector('button') ?? byId('new')).focus();
}
