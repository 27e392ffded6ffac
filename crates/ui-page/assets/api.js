// The JSON API of the service, with the Basic credentials that the browser keeps for this origin.
//
// No foreign site can write with them: PUT, PATCH and DELETE are never sent across origins without a
// preflight (Fetch Standard, "CORS-safelisted method"), and this service answers none. The one POST,
// for the QR code, changes nothing, and takes `application/json` only, which asks for a preflight too.

// The page is at …/shares/ui/, whatever stands before it. (Not `document.baseURI`: that may hold a user's
// password, and `fetch` refuses such addresses.)
const page = new URL(location.pathname, location.origin);
const shares = new URL('../../shares', page);

/** Why a call failed: `status` 0 without an answer, `fields` for a 422, `detail` for the rest. */
export class ApiError extends Error {
  constructor(status, detail) {
    super(`status ${status}`);
    this.status = status;
    this.fields = Array.isArray(detail) ? detail.map(({ loc, msg }) => ({ loc: loc.slice(1), msg })) : [];
    this.detail = typeof detail === 'string' ? detail : '';
  }
}

async function send(method, url, body) {
  const init = { method, credentials: 'same-origin', cache: 'no-store', redirect: 'error' };
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(url, init);
  } catch {
    throw new ApiError(0);
  }
  if (!answer.ok) {
    const { detail } = await answer.json().catch(() => ({}));
    throw new ApiError(answer.status, detail);
  }
  return answer;
}

async function json(method, url, body) {
  const answer = await send(method, url, body);
  try {
    return await answer.json();
  } catch {
    throw new ApiError(answer.status);
  }
}

const one = (jti) => new URL(`../${encodeURIComponent(jti)}`, page);

function withQuery(url, query) {
  const whole = new URL(url);
  for (const [name, value] of Object.entries(query)) {
    if (value) whole.searchParams.set(name, value);
  }
  return whole;
}

export const list = (query) => json('GET', withQuery(shares, query));
export const create = (share) => json('PUT', shares, share);
export const get = (jti) => json('GET', one(jti));
export const change = (jti, changes) => json('PATCH', one(jti), changes);
export const revoke = (jti) => send('DELETE', one(jti));
export const events = (jti, query) => json('GET', withQuery(`${one(jti)}/events`, query));

/** The link as an SVG text. It travels in a body: addresses end in logs. */
export async function qrCode(link) {
  const answer = await send('POST', new URL('qr', page), { link });
  return answer.text();
}
