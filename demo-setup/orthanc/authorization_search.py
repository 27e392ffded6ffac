"""A DICOMweb search for studies that names none: OHIF looks so for other studies of the patient.
It finds what the token opens and nothing else, as with the Authorization plugin since 0.9.3."""

import json
from urllib.parse import quote

import orthanc

# The real plugin narrows the search inside DICOMweb, which Python cannot: a reverse proxy sends it here.
ROUTE = "/authorization/shared-studies"


class Search:
    """Answers the route. The plugin's filter is asked about each study, as if a viewer searched for it."""

    def __init__(self, plugin, dicom_web_root):
        self.plugin = plugin
        self.studies = f"/{dicom_web_root.strip('/')}/studies"

    def answer(self, headers, arguments):
        """The list of matching studies, as DICOMweb writes them."""
        found = []
        for token in self.plugin.tokens(headers, arguments):
            for study in self.plugin.service.shared_studies(token):
                one = {"StudyInstanceUID": study}
                if self.plugin.allows(self.studies, "get", headers, {**one, token.key: token.value}):
                    found += self._matching(study, {**arguments, **one})
            if found:
                break
        return found

    def _matching(self, study, arguments):
        # Orthanc 1.10 hands arguments on as they were encoded, later ones decode them: both pass unchanged.
        query = "&".join(f"{name}={quote(value, safe='*^,%')}" for name, value in arguments.items() if value)
        matching = json.loads(orthanc.RestApiGetAfterPlugins(f"{self.studies}?{query}"))
        return [it for it in matching if it.get("0020000D", {}).get("Value") == [study]]
