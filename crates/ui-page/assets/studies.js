// From what a person types or pastes to the API's studies.

const ORTHANC_ID = /^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/i;
const DICOM_UID = /^[0-9]+(\.[0-9]+)+$/;

/** What kind of id this is, if any; no UID is longer than 64 (PS3.5 §9.1). */
function kindOf(word) {
  if (ORTHANC_ID.test(word)) return 'orthanc-id';
  return word.length <= 64 && DICOM_UID.test(word) ? 'dicom-uid' : null;
}

/** Whether a search for this is one for a study. */
export const isStudy = (text) => kindOf(text) !== null;

/**
 * A study for each line: its UID, its Orthanc ID, or both; several of one kind are several studies. The words that
 * are neither come as `unknown`.
 */
export function parseStudies(text) {
  const [studies, unknown] = [[], []];
  for (const line of text.split('\n')) {
    let study = null;
    for (const word of line.split(/[\s,;]+/).filter(Boolean)) {
      const kind = kindOf(word);
      if (!kind) {
        unknown.push(word);
        continue;
      }
      if (!study || kind in study) {
        study = {};
        studies.push(study);
      }
      study[kind] = kind === 'orthanc-id' ? word.toLowerCase() : word;
    }
  }
  return { studies, unknown };
}
