"""What the Authorization plugin asks its web service over HTTP, and how it reads and keeps the answers.
Up to 0.4.1 there is one question; later ones ask for a profile first, and write their JSON differently."""

import base64
import http.client
import json
import threading
import time
from collections import OrderedDict, namedtuple
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10
MAX_ANSWER_BYTES = 1 << 20

Token = namedtuple("Token", "key value is_header")
Profile = namedtuple("Profile", "permissions labels")
NO_PROFILE = Profile(frozenset(), frozenset())


class NoAnswer(Exception):
    """The web service was not reached, or answered what the plugin does not take for an answer."""


class Cache:
    """The answers that are still valid; the least recently used one leaves first."""

    def __init__(self, size=10_000):
        self.size, self.lock, self.entries = size, threading.Lock(), OrderedDict()

    def get(self, key):
        with self.lock:
            value, expires = self.entries.get(key, (None, None))
            if expires is not None and time.monotonic() >= expires:
                del self.entries[key]
                return None
            if value is not None:
                self.entries.move_to_end(key)
            return value

    def put(self, key, value, validity):
        """validity is in seconds; 0 is for ever, as in the real plugin's cache."""
        with self.lock:
            self.entries[key] = (value, time.monotonic() + validity if validity else None)
            self.entries.move_to_end(key)
            if len(self.entries) > self.size:
                self.entries.popitem(last=False)


class WebService:
    """The web service of one plugin generation: `WebService` (old) or `WebServiceRootUrl` (new)."""

    def __init__(self, configuration):
        root = configuration.get("WebServiceRootUrl", "").rstrip("/")
        self.is_new = bool(root)
        self.validate_url = f"{root}/tokens/validate" if root else configuration["WebService"]
        self.profile_url = f"{root}/user/get-profile" if root else None
        self.decode_url = f"{root}/tokens/decode" if root else None
        self.identifier = configuration.get("WebServiceIdentifier") or None
        username, password = configuration.get("WebServiceUsername"), configuration.get("WebServicePassword")
        self.credentials = f"{username}:{password}" if username and password is not None else None
        self.cache = Cache()

    def is_granted(self, method, access, token=None):
        """Whether this resource is open to the token (None: to anyone). Raises NoAnswer, which is not kept."""
        key = (method, access.level, access.orthanc_id, token and token.key, token and token.value)
        granted = self.cache.get(key)
        if granted is None:
            question = self._question(method, access, token)
            answer = self._post(self.validate_url, question, self._forwarded(token))
            granted, validity = _required(answer, "granted", bool), _validity(answer.get("validity", 0))
            if validity > 0:  # A refusal is kept as long as a grant would be.
                self.cache.put(key, granted, validity)
        return granted

    def profile(self, token=None):
        """What the holder of the token may do. Without an answer: nothing, and it is asked again next time."""
        token = token or Token("", "", False)
        key = ("profile", token.key, token.value)
        profile = self.cache.get(key)
        if profile is None:
            body = {"server-id": self.identifier, "token-key": token.key, "token-value": token.value}
            try:
                answer = self._post(self.profile_url, body, {})
                _required(answer, "name", str)
                profile = Profile(
                    frozenset(_required(answer, "permissions", list)),
                    frozenset(_required(answer, "authorized-labels", list)),
                )
                validity = _validity(_required(answer, "validity", int))
            except (NoAnswer, TypeError):
                return NO_PROFILE
            self.cache.put(key, profile, validity)
        return profile

    def shared_studies(self, token):
        """The StudyInstanceUIDs that are written in the token; none before 0.5. They open nothing by themselves."""
        if not self.decode_url:
            return []
        answer = self._post(self.decode_url, {"token-key": token.key, "token-value": token.value}, {})
        resources = answer.get("resources") if isinstance(answer, dict) else None
        uids = [it.get("dicom-uid") for it in resources or [] if isinstance(it, dict) and it.get("level") == "study"]
        return [uid for uid in uids if isinstance(uid, str) and uid]

    def _question(self, method, access, token):
        body = {"method": method, "level": access.level}
        if access.level == "system":
            body["uri"] = access.orthanc_id
        else:
            body.update({"orthanc-id": access.orthanc_id, "dicom-uid": access.dicom_uid})
        if token:
            body.update({"token-key": token.key, "token-value": token.value})
        body["server-id" if self.is_new else "identifier"] = self.identifier
        if self.is_new and access.labels:
            body["labels"] = list(access.labels)
        return body

    def _forwarded(self, token):
        """The token as a header of the question: up to 0.4.1 only if it came as one, since 0.7.1 always;
        never over the web service's own credentials."""
        if not token or not (token.is_header or self.is_new):
            return {}
        if token.key.lower() == "authorization" and self.credentials:
            return {}
        return {token.key: token.value}

    def _post(self, url, body, forwarded):
        try:
            return self._exchange(urlsplit(url), body, forwarded)
        except NoAnswer:
            raise
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            # The error's own text may hold what was sent or read: only its kind is told.
            raise NoAnswer(type(error).__name__) from None

    def _exchange(self, url, body, forwarded):
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname, url.port, timeout=TIMEOUT_SECONDS)  # A new one for each question.
        try:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            connection.putrequest("POST", path, skip_accept_encoding=True)
            if self.credentials:
                encoded = base64.b64encode(self.credentials.encode()).decode()
                connection.putheader("Authorization", f"Basic {encoded}")
            connection.putheader("Accept", "*/*")
            headers = {**forwarded, "Content-Type": "application/json"}
            for name in sorted(headers) if self.is_new else headers:
                connection.putheader(name, headers[name])
            if self.is_new:
                compact = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
                connection.putheader("Transfer-Encoding", "chunked")
                connection.endheaders(b"%x\r\n%b\r\n0\r\n\r\n" % (len(compact), compact))
            else:
                styled = json.dumps(body, sort_keys=True, indent="\t", separators=(",", " : ")).encode() + b"\n"
                connection.putheader("Content-Length", str(len(styled)))
                connection.endheaders(styled)
            response = connection.getresponse()
            answer = response.read(MAX_ANSWER_BYTES)
            if not 200 <= response.status < 300:  # A redirect is no answer either.
                raise NoAnswer(f"status {response.status}")
            return json.loads(answer)
        finally:
            connection.close()


def _required(answer, name, kind):
    if not isinstance(answer, dict) or type(answer.get(name)) is not kind:
        raise NoAnswer(f"no {name}")
    return answer[name]


def _validity(value):
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise NoAnswer("no validity")
    return value
