"""Which DICOM resources a request to Orthanc touches, from its path and arguments.
The paths are those of the Authorization plugin 0.11.4 (DefaultAuthorizationParser); all else is `system`."""

import json
import re
from collections import namedtuple

import orthanc

# One question: orthanc_id holds the path at level `system`; dicom_uid holds the PatientID at level `patient`.
Access = namedtuple("Access", "level orthanc_id dicom_uid labels", defaults=("", ()))

# level: (plural in paths, identifying attribute, key of the parent, the parent's level)
LEVELS = {
    "patient": ("patients", "PatientID", None, None),
    "study": ("studies", "StudyInstanceUID", "ParentPatient", "patient"),
    "series": ("series", "SeriesInstanceUID", "ParentStudy", "study"),
    "instance": ("instances", "SOPInstanceUID", "ParentSeries", "series"),
}
_ID = "([a-f0-9-]+)"
_UID = "([.0-9]+)"


def level_named(text):
    """`study`, `studies` or `STUDY` as `study`."""
    for level, (plural, *_) in LEVELS.items():
        if text.lower() in (level, plural):
            return level
    if text.lower() == "system":
        return "system"
    raise ValueError(f"no level is named {text!r}")


class Uris:
    """Reads paths, knowing where the DICOMweb plugin is mounted."""

    def __init__(self, dicom_web_root):
        root = re.escape(dicom_web_root.rstrip("/"))
        series = f"{root}/studies/{_UID}/series/{_UID}"
        self.by_orthanc_id = [  # (path, level): group 1 is the identifier.
            (re.compile(path.replace("ID", _ID)), level)
            for path, level in [
                ("/patients/ID(?:/.*)?", "patient"),
                ("/studies/ID(?:/.*)?", "study"),
                ("/series/ID(?:/.*)?", "series"),
                ("/instances/ID(?:/.*)?", "instance"),
                ("/web-viewer/(?:series|is-stable-series)/ID(?:/.*)?", "series"),
                ("/wsi/(?:pyramids|tiles)/ID(?:/.*)?", "series"),
                ("/web-viewer/instances/[a-z0-9]+-ID_[0-9]+", "instance"),
                ("/osimis-viewer/series/ID(?:/.*)?", "series"),
                ("/osimis-viewer/studies/ID(?:/.*)?", "study"),
                ("/osimis-viewer/(?:images|custom-command)/ID(?:/.*)?", "instance"),
            ]
        ]
        self.by_uids = [
            re.compile(f"{root}/studies/{_UID}(?:/series|/metadata|/instances|/rendered|/thumbnail)?/?"),
            re.compile(f"{series}(?:/instances|/metadata|/rendered|/thumbnail)?/?"),
            re.compile(f"{series}/instances/{_UID}(?:/frames/.*|/metadata|/rendered|/thumbnail|/bulk/.*)?/?"),
        ]
        self.search = re.compile(f"{root}/(studies|series|instances)/?")
        self.bulk = re.compile("/tools/(create-archive|create-media|create-media-extended)/?")
        self.lists = re.compile("/(patients|studies|series|instances)/?")

    def names_one_resource(self, uri):
        """Whether the path itself names a resource."""
        patterns = [pattern for pattern, _ in self.by_orthanc_id] + self.by_uids
        return any(pattern.fullmatch(uri) for pattern in patterns)

    def accessed(self, uri, arguments):
        """The resources to ask about, patient first. An unknown resource raises orthanc.OrthancException."""
        for pattern, level in self.by_orthanc_id:
            if match := pattern.fullmatch(uri):
                return _hierarchy(level, match[1])
        for pattern in self.by_uids:
            if match := pattern.fullmatch(uri):
                return _hierarchy_of_uids(*match.groups())
        arguments = {name.lower(): value for name, value in arguments.items()}
        if self.bulk.fullmatch(uri):
            ids = sorted(set(arguments.get("resources", "").split(",")))
            return [access for orthanc_id in ids for access in _hierarchy_of_unknown_level(orthanc_id)]
        if self.search.fullmatch(uri):

            def given(tag, name):
                # A wildcard is no identifier: the search is then one of the whole system.
                value = arguments.get(tag) or arguments.get(name) or ""
                return "" if "*" in value else value

            if study := given("0020000d", "studyinstanceuid"):
                series = given("0020000e", "seriesinstanceuid")
                return _hierarchy_of_uids(study, series, series and given("00080018", "sopinstanceuid"))
            if patient := given("00100020", "patientid"):
                return _hierarchy("patient", orthanc.LookupPatient(patient))
        return [Access("system", uri.rstrip("/"))]


def _hierarchy(level, orthanc_id):
    """The resource and its parents. RestApiGet does not pass the filter, so this does not call itself."""
    accesses = []
    while level:
        plural, identifier, parent_key, parent_level = LEVELS[level]
        resource = json.loads(orthanc.RestApiGet(f"/{plural}/{orthanc_id}"))
        uid = resource["MainDicomTags"].get(identifier, "")
        accesses.insert(0, Access(level, orthanc_id, uid, tuple(sorted(resource.get("Labels", ())))))
        level, orthanc_id = parent_level, resource.get(parent_key)
    return accesses


def _hierarchy_of_uids(study, series="", instance=""):
    """From DICOM identifiers; they must belong together, so that one study does not open another's series."""
    if instance:
        accesses = _hierarchy("instance", orthanc.LookupInstance(instance))
    elif series:
        accesses = _hierarchy("series", orthanc.LookupSeries(series))
    else:
        accesses = _hierarchy("study", orthanc.LookupStudy(study))
    named = [uid for uid in (study, series, instance) if uid]
    if [access.dicom_uid for access in accesses[1:]] != named:
        raise ValueError("the identifiers belong to different studies")
    return accesses


def _hierarchy_of_unknown_level(orthanc_id):
    for level in ("study", "patient", "series", "instance"):
        try:
            return _hierarchy(level, orthanc_id)
        except orthanc.OrthancException:
            continue
    # The real plugin leaves such an identifier out of its questions; refusing is the safer reading.
    raise ValueError("a resource to download is unknown")
