"""Reads DICOM files with pydicom, for deid_real_files.rs. `originals` lists pydicom's own test files with the
values that identify somebody; `compare` says what is wrong with their de-identified copies. JSON in, JSON out."""

import contextlib
import json
import logging
import os
import sys
import warnings

import pydicom
from pydicom.data.data_manager import DATA_ROOT

# Only what the package brings: the rest of the test set would be downloaded.
FOLDERS = ["charset_files", "palettes", "test_files"]

# Besides every person's name and every UID of an instance or above.
IDENTIFYING = set(
    """AccessionNumber AdmissionID AffectedSOPInstanceUID CurrentPatientLocation DeviceSerialNumber
    DeviceUID FillerOrderNumberImagingServiceRequest FrameOfReferenceUID GantryID InstitutionAddress
    InstitutionName InstitutionalDepartmentName IssuerOfPatientID MedicalRecordLocator MilitaryRank Occupation
    OtherPatientIDs OtherPatientNames PatientAddress PatientBirthDate PatientBirthTime PatientComments
    PatientID PatientTelephoneNumbers PlacerOrderNumberImagingServiceRequest ReferencedFrameOfReferenceUID
    ReferencedSOPInstanceUID RegionOfResidence RequestingService SOPInstanceUID SeriesInstanceUID StationName
    StudyDate StudyInstanceUID StudyID SeriesDate AcquisitionDate ContentDate InstanceCreationDate""".split()
)
# What vendors repeat in private attributes, and the profile keeps here.
KEPT = "BodyPartExamined ImageID ImageType Manufacturer ManufacturerModelName".split()
PRIVATE_VRS = "AE DA DT LO LT PN SH ST UI UN UT".split()
PIXELS = ["PixelData", "FloatPixelData", "DoubleFloatPixelData"]


def walk(dataset):
    """Each element with its bytes as they are in the file; those that pydicom cannot make sense of too."""
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        raw = raw.value if isinstance(raw.value, bytes) else None
        try:
            element = dataset[tag]
        except Exception:
            yield tag, "", raw, None
            continue
        yield tag, element.VR, raw, element.value
        if element.VR == "SQ":
            for item in element.value:
                yield from walk(item)


def identity(dataset):
    """The values of identifying attributes, as bytes: as they are written, and in UTF-8."""
    found, private = set(), set()
    kept = b"\\".join(dataset.get_item(name).value for name in KEPT if name in dataset)
    for tag, vr, raw, value in walk(dataset):
        keyword = pydicom.datadict.keyword_for_tag(tag)
        if tag.is_private:
            # Of a vendor's attributes nobody knows what they say; short ones say what others do too.
            if vr in PRIVATE_VRS and len(raw or b"") > 8:
                private.add(raw.strip(b" \0"))
            continue
        if keyword not in IDENTIFYING and vr != "PN":
            continue
        texts = [raw] if raw else []
        if isinstance(value, (str, pydicom.valuerep.PersonName)) or vr == "PN":
            texts.append(str(value).encode("utf-8", "replace"))
        elif value is not None and vr != "SQ":
            with contextlib.suppress(TypeError):
                texts.extend(str(one).encode("utf-8", "replace") for one in value)
        for text in texts:
            parts = text.split(b"\\")
            if vr == "PN":
                parts += [part for group in text.split(b"=") for part in group.split(b"^")]
            found.update(part.strip(b" \0") for part in [text, *parts])
    found.update(value for value in private if value not in kept)
    return sorted(value.hex() for value in found if len(value) > 4)


def read(path, force):
    """The data set and what pydicom complains about when all of it is looked at."""
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("pydicom")
    logger.addHandler(handler)
    dataset = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            dataset = pydicom.dcmread(path, force=force)
            for element in [*dataset.file_meta, *dataset.iterall()]:
                str(element)
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}")
    logger.removeHandler(handler)
    return dataset, {text.replace(path, "") for text in said + [str(one.message) for one in caught]}


def originals():
    paths = [
        os.path.join(folder, name)
        for part in FOLDERS
        for folder, _, names in os.walk(os.path.join(DATA_ROOT, part))
        for name in names
        if not name.endswith((".py", ".pyc"))
    ]
    for path in sorted(paths):
        dataset = pydicom.Dataset()
        # Not looked at before: pydicom forgets the bytes of what it has decoded.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.suppress(Exception):
                dataset = pydicom.dcmread(path, force=True)
            found = identity(dataset)
        yield {"name": os.path.relpath(path, DATA_ROOT), "path": path, "identity": found}


def pixels(dataset, name):
    raw = dataset.get_item(name) if name in dataset else None
    return raw and raw.value


def complaints(original, output):
    """What is wrong with one output."""
    before, said_before = read(original, True)
    after, said_after = read(output, False)
    yield from sorted(said_after - said_before)
    if after is None:
        yield "cannot be read"
        return
    if after.get("PatientIdentityRemoved") != "YES":
        yield "does not say that the identity was removed"
    for name in PIXELS:
        if before is not None and pixels(before, name) != pixels(after, name):
            yield f"{name} is changed"


if sys.argv[1] == "originals":
    print(json.dumps(list(originals())))
else:
    print(json.dumps([list(complaints(*pair)) for pair in json.load(sys.stdin)]))
