// A share's link: shown, copied, drawn as a QR code.

import * as api from './api.js';
import { busy, byId, element, say, sentence } from './dom.js';
import { t } from './texts.js';

const [field, copy, toggle, place] = [byId('link'), byId('copy'), byId('qr-toggle'), byId('qr')];
const status = byId('details').querySelector('[data-status]');
let restoring;

export function startLink() {
  copy.addEventListener('click', () => busy(copy, copyLink));
  toggle.addEventListener('click', () => busy(toggle, toggleQr));
  field.addEventListener('focus', () => field.select());
}

export function showLink(url) {
  field.value = url;
  clearTimeout(restoring);
  copy.textContent = t.copy;
  hideQr();
}

async function copyLink() {
  if (!(await copied())) {
    field.select();
    say(status, t.copy_failed);
    return;
  }
  copy.textContent = t.copied;
  say(status, t.copied);
  clearTimeout(restoring);
  restoring = setTimeout(() => {
    copy.textContent = t.copy;
    if (status.textContent === t.copied) status.textContent = '';
  }, 3000);
}

/** The clipboard is for HTTPS and localhost only; elsewhere the older way mostly still works. */
async function copied() {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    const done = document.execCommand('copy');
    if (done) copy.focus();
    return done;
  }
}

async function toggleQr() {
  if (!place.hidden) return hideQr();
  const link = field.value;
  try {
    const drawing = await api.qrCode(link);
    if (field.value !== link) return;
    const picture = element('img', { alt: t.qr_alt, width: 240, height: 240 });
    picture.src = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
    place.replaceChildren(picture);
    place.hidden = false;
    toggle.textContent = t.qr_hide;
    toggle.setAttribute('aria-expanded', 'true');
  } catch (error) {
    say(status, error.status === 422 ? t.error_qr : sentence(error));
  }
}

function hideQr() {
  place.hidden = true;
  place.replaceChildren();
  toggle.textContent = t.qr_show;
  toggle.setAttribute('aria-expanded', 'false');
}
