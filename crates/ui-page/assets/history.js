// What happened to a share, newest first; asked for when its reader opens it.

import * as api from './api.js';
import { busy, byId, element, say, sentence } from './dom.js';
import { moment, t } from './texts.js';

const [details, list, status, more] = [byId('history'), byId('events'), byId('events-status'), byId('more-events')];
const ACTIONS = {
  create: t.action_create,
  open: t.action_open,
  validate: t.action_validate,
  change: t.action_change,
  revoke: t.action_revoke,
};
let jti = null;
let after = null;

export function startHistory() {
  details.addEventListener('toggle', () => {
    if (details.open && list.children.length === 0) page();
  });
  more.addEventListener('click', () => busy(more, page));
}

/** For another share, or for the same after a change. */
export function resetHistory(share, isOpen = false) {
  [jti, after] = [share, null];
  list.replaceChildren();
  more.hidden = true;
  status.textContent = '';
  if (details.open && isOpen) page();
  else details.open = false;
}

async function page() {
  const mine = jti;
  try {
    const answer = await api.events(mine, { after });
    if (mine !== jti) return;
    after = answer.next;
    list.append(...answer.events.map(entry));
    more.hidden = !after;
    say(status, list.children.length ? '' : t.history_none);
  } catch (error) {
    if (mine === jti) say(status, sentence(error));
  }
}

function entry(event) {
  const { time, action, outcome, reason, user, address, resource } = event;
  const refused = outcome === 'refused' ? (reason ? `${t.refused} (${reason})` : t.refused) : '';
  const what = [ACTIONS[action] ?? action, refused].filter(Boolean).join(' – ');
  const who = [user, address, resource?.['dicom-uid'] ?? resource?.['orthanc-id']].filter(Boolean).join(' · ');
  return element(
    'li',
    { 'data-outcome': outcome, 'data-action': action },
    element('strong', {}, what),
    element('time', { datetime: time }, moment(time)),
    who ? element('span', { class: 'below' }, who) : null,
  );
}
