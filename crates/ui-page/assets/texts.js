// The sentences of this page in the reader's language, which the server put into it, and dates and
// numbers as that language writes them.

export const t = JSON.parse(document.getElementById('texts').textContent);

const language = document.documentElement.lang;
const moments = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
const numbers = new Intl.NumberFormat(language);

/** The text with each `{name}` replaced. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);

export const number = (value) => numbers.format(value);

/** An RFC 3339 text for people, in the browser's time zone. */
export function moment(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : moments.format(date);
}

/** The same for `<input type="datetime-local">`, to the minute. */
export function localInput(text) {
  const date = new Date(text);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return Number.isNaN(local.getTime()) ? '' : local.toISOString().slice(0, 16);
}

export const STATES = {
  upcoming: t.state_upcoming,
  active: t.state_active,
  expired: t.state_expired,
  'used-up': t.state_used_up,
  locked: t.state_locked,
  revoked: t.state_revoked,
};

const VIEWERS = {
  'osimis-viewer-publication': 'Osimis Web Viewer',
  'stone-viewer-publication': 'Stone Web Viewer',
  'ohif-viewer-publication': 'OHIF',
  'volview-viewer-publication': 'VolView',
  'meddream-viewer-publication': 'MedDream',
  'meddream-instant-link': 'MedDream',
};

/** What opens the share; types without a viewer of their own keep their name on the wire. */
export const viewerName = (type) => VIEWERS[type] ?? type;

const LEVELS = { patient: t.level_patient, study: t.level_study, series: t.level_series, instance: t.level_instance };

/** What is shared, a line each: `Series 1.2.3`, and the level only where it is none of a study. */
export function resources(share) {
  const list = share.studies ?? share.resources ?? [];
  return list.map((it) => {
    const id = it['dicom-uid'] ?? it['orthanc-id'] ?? '';
    return !it.level || it.level === 'study' ? id : `${LEVELS[it.level] ?? it.level} ${id}`;
  });
}
