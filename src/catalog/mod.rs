//! Facts about services that no policy text states.
//!
//! Only one so far: which service prefixes resource control policies reach (S-709). It is data that ages, in a file of its own beside this one; no
//! decision depends on a catalogue of actions, resource types or condition keys (S-116).

/// Service prefixes that support resource control policies as of September 2026 (S-709), lower case, sorted.
pub(crate) fn rcp_services() -> impl Iterator<Item = &'static str> {
    include_str!("rcp-services.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn rcp_services_are_sorted_and_distinct() {
        let services: Vec<_> = super::rcp_services().collect();
        assert!(services.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(services.contains(&"s3") && services.contains(&"kms") && !services.contains(&"ec2"));
    }
}
