"""Asks a web service, for each request that Orthanc receives, what Orthanc's Authorization plugin asks.
Set "PythonScript" to this file; the section "Authorization" holds the real plugin's options (README.md)."""

import json
import re

import orthanc

from authorization_search import ROUTE, Search
from authorization_uris import LEVELS, Uris, level_named
from authorization_wire import NoAnswer, Token, WebService

METHODS = {
    orthanc.HttpMethod.GET: "get",
    orthanc.HttpMethod.POST: "post",
    orthanc.HttpMethod.PUT: "put",
    orthanc.HttpMethod.DELETE: "delete",
}

# What "StandardConfigurations" stands for: unchecked folders, unchecked resources, headers, GET arguments.
STANDARD = {
    "osimis-web-viewer": (
        ["/osimis-viewer/app/", "/osimis-viewer/languages/"],
        ["/osimis-viewer/config.js"],
        ["token"],
        ["token"],
    ),
    "stone-webviewer": (["/stone-webviewer/"], ["/system"], ["Authorization"], []),
    "orthanc-explorer-2": (
        ["/ui/app/", "/ui/landing/"],
        ["/", "/ui/api/pre-login-configuration", "/ui/api/configuration", "/auth/user/profile"],
        ["Authorization", "token"],
        ["token"],
    ),
    "ohif": (["/ohif/"], [], ["Authorization"], []),
    "volview": (["/volview/"], [], ["Authorization"], []),
}

# Which permission of a user's profile opens a route (plugins from 0.5), where "Permissions" is not given.
PERMISSIONS = [
    ["get", "/(patients|studies|series|instances|statistics|changes|system)/?", "all|view"],
    ["get", "SINGLE_RESOURCE_PATTERNS", "all|view"],
    ["get", "DICOM_WEB_ROOT/(studies|series|instances)/?", "all|view"],
    ["post", "/tools/(find|count-resources)", "all|view"],
    ["post", "/instances", "all|upload"],
    ["post", "DICOM_WEB_ROOT/studies.*", "all|upload"],
    ["post", "/(patients|studies|series|instances)/[a-f0-9-]+/(modify|merge).*", "all|modify"],
    ["post", "/(patients|studies|series|instances)/[a-f0-9-]+/anonymize.*", "all|anonymize"],
    ["delete", "/(patients|studies|series|instances)/[a-f0-9-]+", "all|delete"],
]


class Filter:
    """One configured plugin: says for each request whether Orthanc may answer it."""

    def __init__(self, configuration, dicom_web_root):
        self.service = WebService(configuration)
        self.uris = Uris(dicom_web_root)
        self.folders = list(configuration.get("UncheckedFolders", []))
        self.resources = set(configuration.get("UncheckedResources", []))
        headers = set(configuration.get("TokenHttpHeaders", []))
        arguments = set(configuration.get("TokenGetArguments", []))
        for name in configuration.get("StandardConfigurations", []):
            folders, resources, header_names, argument_names = STANDARD[name]
            self.folders += folders
            self.resources.update(resources)
            headers.update(header_names)
            arguments.update(argument_names)
        # Headers first, then GET arguments, each in alphabetical order.
        self.token_keys = [(key, True) for key in sorted(headers)]
        self.token_keys += [(key, False) for key in sorted(arguments)]
        self.unchecked_levels = self._unchecked_levels(configuration)
        given = configuration.get("Permissions", PERMISSIONS) + configuration.get("ExtraPermissions", [])
        root = "/" + dicom_web_root.strip("/")
        self.permissions = [
            (method.lower(), re.sub("/?DICOM_WEB_ROOT", lambda _: root, pattern), {*any_of.split("|")} - {""})
            for method, pattern, any_of, *_ in given
        ]

    def _unchecked_levels(self, configuration):
        checked, unchecked = configuration.get("CheckedLevel"), configuration.get("UncheckedLevels")
        if checked and unchecked:
            raise ValueError("Authorization: give one of CheckedLevel and UncheckedLevels")
        if checked:
            # Since 0.5 the system level is then not asked about, and so always refused.
            levels = {*LEVELS, "system"} if self.service.is_new else {*LEVELS}
            return levels - {level_named(checked)}
        return {level_named(level) for level in unchecked or []}

    def allows(self, uri, method, headers, arguments):
        """Whether the request may be answered. The web service is asked if its last answer has run out."""
        if method == "get" and (uri in self.resources or uri.startswith(tuple(self.folders))):
            return True
        tokens = self.tokens(headers, arguments)
        if self.service.is_new:
            decided = self._decided_by_profile(uri, method, tokens, arguments)
            if decided is not None:
                return decided
        elif self.token_keys and not tokens:
            return False
        if uri == ROUTE and method == "get":
            return bool(tokens)  # It answers with what is open to them.
        accesses = self._checked(uri, arguments)
        granted = (self._is_granted(method, access, tokens) for access in accesses)
        if self.service.is_new:
            granted = list(granted)  # 0.11.4 asks about every level, 0.4.1 stops at the first refusal.
        return bool(accesses) and all(granted)

    def tokens(self, headers, arguments):
        """The tokens in a request, in the order in which they are asked about."""
        headers = {name.lower(): value for name, value in headers.items()}
        values = [
            Token(key, headers.get(key.lower()) if is_header else arguments.get(key), is_header)
            for key, is_header in self.token_keys
        ]
        return [token for token in values if token.value is not None]

    def _checked(self, uri, arguments):
        return [a for a in self.uris.accessed(uri, arguments) if a.level not in self.unchecked_levels]

    def _is_granted(self, method, access, tokens):
        return any(self.service.is_granted(method, access, token) for token in tokens or [None])

    def _decided_by_profile(self, uri, method, tokens, arguments):
        """None when no permission decides, and the resource itself has to be asked about."""
        required = self._required_permissions(uri, method)
        if required is None:
            return None
        permitted = False
        for token in tokens or [None]:
            profile = self.service.profile(token)
            permitted = not required or bool(required & profile.permissions)
            if permitted and not self._labels_allow(uri, arguments, profile):
                return False
        return True if permitted else None

    def _required_permissions(self, uri, method):
        for permission_method, pattern, any_of in self.permissions:
            if permission_method == method and self._matches(pattern, uri):
                return any_of
        return None

    def _matches(self, pattern, uri):
        if pattern == "SINGLE_RESOURCE_PATTERNS":
            return self.uris.names_one_resource(uri)
        return re.fullmatch(pattern, uri)

    def _labels_allow(self, uri, arguments, profile):
        if "*" in profile.labels:
            return True
        if self.uris.lists.fullmatch(uri):
            return False
        accesses = self._checked(uri, arguments)
        return not accesses or bool(profile.labels.intersection(accesses[0].labels))


def _start():
    configuration = json.loads(orthanc.GetConfiguration())
    if "Authorization" not in configuration:
        raise ValueError('Orthanc\'s configuration has no section "Authorization"')
    dicom_web_root = configuration.get("DicomWeb", {}).get("Root", "/dicom-web/")
    plugin = Filter(configuration["Authorization"], dicom_web_root)

    def on_request(uri, **request):
        # Whatever goes wrong is a refusal. No value of a header or argument goes to the log.
        try:
            method = METHODS[request["method"]]
            return plugin.allows(uri, method, request.get("headers", {}), request.get("get", {}))
        except NoAnswer as error:
            orthanc.LogWarning(f"Authorization: no answer of the web service: {error}")
        except Exception as error:
            orthanc.LogInfo(f"Authorization: refused, {type(error).__name__}")
        return False

    search = Search(plugin, dicom_web_root)

    def on_search(output, _uri, **request):
        try:
            found = search.answer(request.get("headers", {}), request.get("get", {}))
        except Exception as error:
            orthanc.LogWarning(f"Authorization: a search finds nothing, {type(error).__name__}")
            found = []
        output.AnswerBuffer(json.dumps(found), "application/dicom+json")

    orthanc.RegisterIncomingHttpRequestFilter(on_request)
    orthanc.RegisterRestCallback(ROUTE, on_search)
    orthanc.LogWarning(f"Authorization: asks {plugin.service.validate_url}")


_start()
