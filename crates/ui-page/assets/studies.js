// From what a person types or pastes to the API's studies.

const ORTHANC_ID = /^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/i;
const DICOM_UID = /^[0-9]+(\.[0-9]+)+$/;

/** Whether a search for this is one for a study. */
export const isStudy = (text) => ORTHANC_ID.test(text) || DICOM_UID.test(text);

/** A study for each line: its UID, its Orthanc ID, or both; several of one kind are several studies. */
export function parseStudies(text) {
  const studies = [];
  for (const line of text.split('\n')) {
    let study = null;
    for (const word of line.split(/[\s,;]+/).filter(Boolean)) {
      const kind = ORTHANC_ID.test(word) ? 'orthanc-id' : 'dicom-uid';
      if (!study || kind in study) {
        study = {};
        studies.push(study);
      }
      study[kind] = kind === 'orthanc-id' ? word.toLowerCase() : word;
    }
  }
  return studies;
}
