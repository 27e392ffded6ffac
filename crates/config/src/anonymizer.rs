//! The variables of the anonymizer: the Orthanc that it reads from, and the options of de-identification by
//! the names that PS3.15 Annex E gives them.

use crate::ConfigError;

/// What becomes of dates and times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Longitudinal {
    /// They go.
    #[default]
    None,
    /// They stay.
    Full,
    /// They move, by a number of days that is constant in one share.
    Modified,
}

/// A variable that is true or false: false where it is not set.
pub fn flag(name: &'static str, value: &str) -> Result<bool, ConfigError> {
    match value.trim() {
        "" | "false" => Ok(false),
        "true" => Ok(true),
        _ => Err(ConfigError::new(name, "expected true or false")),
    }
}

/// `retain_longitudinal`: dates and times go where it is not set.
pub fn retain_longitudinal(value: &str) -> Result<Longitudinal, ConfigError> {
    match value.trim() {
        "" | "none" => Ok(Longitudinal::None),
        "full" => Ok(Longitudinal::Full),
        "modified" => Ok(Longitudinal::Modified),
        _ => Err(ConfigError::new("retain_longitudinal", "expected none, full or modified")),
    }
}

/// `anonymize_pixels`: whether pixels may pass that may identify somebody; they may not where it is not set.
pub fn anonymize_pixels(value: &str) -> Result<bool, ConfigError> {
    match value.trim() {
        "" | "refuse" => Ok(false),
        "allow" => Ok(true),
        _ => Err(ConfigError::new("anonymize_pixels", "expected refuse or allow")),
    }
}

/// `anonymize_pixels_modalities`: further modalities whose pixels may identify somebody.
pub fn anonymize_pixels_modalities(value: &str) -> Result<Vec<String>, ConfigError> {
    let is_modality = |name: &&str| {
        (1..=16).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let names: Vec<&str> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if !names.iter().all(is_modality) {
        let expected = "expected modalities as DICOM writes them, with commas between, as in DX,MG";
        return Err(ConfigError::new("anonymize_pixels_modalities", expected));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// `orthanc_username`: whom the anonymizer is for its Orthanc.
pub fn orthanc_username(value: &str) -> Result<Option<&str>, ConfigError> {
    // RFC 7617 §2: the first colon ends the name.
    if value.contains(|c: char| c == ':' || c.is_control()) {
        return Err(ConfigError::new(
            "orthanc_username",
            "expected a name without colons and control characters",
        ));
    }
    Ok(Some(value).filter(|value| !value.is_empty()))
}

/// `orthanc_password`
pub fn orthanc_password(value: &str) -> Result<&str, ConfigError> {
    if value.contains(char::is_control) {
        return Err(ConfigError::new("orthanc_password", "expected a password without control characters"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        assert_eq!(flag("retain_uids", ""), Ok(false));
        assert_eq!(flag("retain_uids", "true"), Ok(true));
        assert_eq!(flag("retain_uids", "yes").unwrap_err().variable, "retain_uids");
        assert_eq!(retain_longitudinal("modified"), Ok(Longitudinal::Modified));
        assert!(retain_longitudinal("all").is_err());
        assert_eq!(anonymize_pixels(""), Ok(false));
        assert_eq!(anonymize_pixels_modalities("DX, MG"), Ok(vec!["DX".to_owned(), "MG".to_owned()]));
        assert!(anonymize_pixels_modalities("dx").is_err());
    }

    #[test]
    fn a_user_name_has_no_colon() {
        assert!(orthanc_username("a:b").is_err() && orthanc_password("a:b").is_ok());
    }
}
