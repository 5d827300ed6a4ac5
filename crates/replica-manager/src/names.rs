//! How things are called: logical volumes, exports and NVMe devices are found by the shape of their names.
//!
//! Ownership is decided by prefix, as upstream does it, so replica `a` also owns the volumes of a replica `a-b`.

/// The name under which a replica's head shows in its chain and trees.
pub const HEAD: &str = "volume-head";

/// The logical volume of a replica's snapshot.
pub fn snapshot_lvol(replica: &str, snapshot: &str) -> String {
    format!("{replica}-snap-{snapshot}")
}

/// The logical volume into which a rebuild copies.
pub fn rebuilding_lvol(replica: &str) -> String {
    format!("{replica}-rebuilding")
}

/// The NVMe device under which an engine sees a replica.
pub fn nvme_bdev(replica: &str) -> String {
    format!("{replica}n1")
}

/// The NVMe device under which a rebuild's destination sees the source's snapshot.
pub(crate) fn external_bdev(replica: &str) -> String {
    format!("{replica}-external-n1")
}

/// The NVMe device under which a rebuild's source sees the destination's rebuilding volume.
pub(crate) fn copy_target_bdev(replica: &str) -> String {
    format!("{replica}-rebuilding-n1")
}

/// The key, and the logical volume, of a backing image on a disk.
pub fn backing_image(name: &str, lvstore_uuid: u64) -> String {
    format!("bi-{name}-disk-{lvstore_uuid:08x}")
}

/// The unfinished head of a backing image that is being made.
pub fn temp_head(backing_image: &str) -> String {
    format!("{backing_image}-temp-head")
}

/// The backing image whose unfinished head this volume is, if it is one.
pub(crate) fn temp_head_owner(lvol: &str) -> Option<&str> {
    let key = lvol.strip_suffix("-temp-head")?;
    is_backing_image(key).then_some(key)
}

pub(crate) fn is_backing_image(lvol: &str) -> bool {
    lvol.starts_with("bi-") && lvol.contains("-disk-")
}

/// Whether the volume belongs to the replica, by prefix.
pub(crate) fn is_replica_lvol(replica: &str, lvol: &str) -> bool {
    lvol.strip_prefix(replica).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Whether the name is what the control plane gives a replica: something, `-r-`, eight letters or digits.
pub(crate) fn is_replica_name(lvol: &str) -> bool {
    lvol.rsplit_once("-r-").is_some_and(|(volume, id)| {
        !volume.is_empty() && id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ownership_is_by_prefix_and_a_dash() {
        for (lvol, owned) in [("a", true), ("a-b", true), ("a-snap-s", true), ("ab", false), ("b-a", false)] {
            assert_eq!(is_replica_lvol("a", lvol), owned, "{lvol}");
        }
    }

    #[test]
    fn a_replica_name_ends_in_eight_letters_or_digits() {
        for (name, is) in [("v-r-12ab34cd", true), ("v-r-123", false), ("v-invalid", false), ("-r-12345678", false)] {
            assert_eq!(is_replica_name(name), is, "{name}");
        }
    }
}
