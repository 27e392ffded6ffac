//! Cleaning of descriptors: of a free text, only the words of a closed vocabulary stay.
//! What a radiographer types beside them (a name, a number, a date) cannot come through.

/// Words of protocols, body parts, planes and techniques, in capitals and sorted. Some are somebody's
/// family name too; alone, beside no other name, number or date, they say no more than the body part.
#[rustfmt::skip]
const VOCABULARY: &[&str] = &[
    "2D", "3D", "4D", "ABDOMEN", "ABDOMINAL", "ACQUISITION", "ADC", "ADRENAL", "AFTER", "ANATOMICAL",
    "ANGIO", "ANGIOGRAPHY", "ANKLE", "ANTERIOR", "AORTA", "AORTIC", "AP", "ARM", "ARTERIAL", "ARTERY",
    "AVERAGE", "AX", "AXIAL", "BASELINE", "BEFORE", "BIOPSY", "BLADDER", "BLOOD", "BOLD", "BONE",
    "BRAIN", "BREAST", "BREATH", "CARDIAC", "CAROTID", "CERVICAL", "CHEST", "COLON", "CONTRAST", "COR",
    "CORONAL", "CORONARY", "CRANIUM", "CT", "CTA", "DELAYED", "DIFFUSION", "DIXON", "DWI", "DYNAMIC",
    "ECHO", "EFFUSION", "ELBOW", "ENHANCED", "EPI", "EXPIRATION", "EXTREMITY", "EYE", "FACE", "FAST",
    "FAT", "FDG", "FEMUR", "FINGER", "FLAIR", "FLOW", "FOLLOWUP", "FOOT", "FOREARM", "FS", "FSE",
    "FUNCTIONAL", "GATED", "GRADIENT", "GRE", "HAND", "HASTE", "HEAD", "HEART", "HIP", "HIPS",
    "HUMERUS", "INSPIRATION", "INVERSION", "IV", "KIDNEY", "KIDNEYS", "KNEE", "LAT", "LATERAL", "LEFT",
    "LIVER", "LOCALIZER", "LOW", "LOWER", "LUMBAR", "LUNG", "LUNGS", "MAMMOGRAPHY", "MANDIBLE", "MAP",
    "MEDIASTINUM", "MIP", "MPR", "MR", "MRA", "MRI", "NASAL", "NECK", "NM", "NONCONTRAST", "OBLIQUE",
    "ORBIT", "ORBITS", "PA", "PANCREAS", "PD", "PELVIC", "PELVIS", "PERFUSION", "PET", "PHASE", "POST",
    "POSTERIOR", "PRE", "PRONE", "PROSTATE", "PROTON", "RECON", "RENAL", "RIGHT", "ROUTINE", "SAG",
    "SAGITTAL", "SCAN", "SCOUT", "SE", "SEQUENCE", "SERIES", "SHOULDER", "SINUS", "SINUSES", "SKULL",
    "SOFT", "SPIN", "SPINE", "SPLEEN", "STERNUM", "STIR", "STRESS", "SUPINE", "SWI", "T1", "T1W", "T2",
    "T2W", "THICK", "THIGH", "THIN", "THORACIC", "THORAX", "THYROID", "TIBIA", "TISSUE", "TOF", "TRA",
    "TRANSVERSE", "TSE", "UPPER", "URETER", "UTERUS", "VENOUS", "VERTEBRA", "VESSEL", "VESSELS", "VIEW",
    "VOLUME", "WEIGHTED", "WHOLE", "WINDOW", "WITH", "WITHOUT", "WRIST",
];

/// Words are given out at most this long in sum: the shortest limit of a text VR (SH) is 16 characters.
const MOST: usize = 16;

/// The words of the vocabulary in `text`, in capitals, in their order, with single spaces between.
/// As many as fit into the shortest text VR; none if there is none.
pub fn clean(text: &str) -> String {
    let mut kept = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        // A word that a non-ASCII letter is part of is no word of the list.
        let capitals = word.to_ascii_uppercase();
        let Ok(at) = VOCABULARY.binary_search(&capitals.as_str()) else { continue };
        let word = VOCABULARY.get(at).copied().unwrap_or_default();
        let space = usize::from(!kept.is_empty());
        if kept.len() + space + word.len() > MOST {
            break;
        }
        if space == 1 {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vocabulary_is_sorted() {
        assert!(VOCABULARY.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn only_its_words_stay() {
        for (text, kept) in [
            ("KNEE A of DOE", "KNEE"),
            ("t2_tse_sag John 12.03.1945", "T2 TSE SAG"),
            ("DOEKNEE", ""),
            ("Kopf für Müller", ""),
            ("", ""),
        ] {
            assert_eq!(clean(text), kept);
        }
    }

    proptest! {
        #[test]
        fn nothing_else_comes_through(text in any::<String>()) {
            prop_assert!(clean(&text).split_whitespace().all(|word| VOCABULARY.contains(&word)));
        }
    }
}
