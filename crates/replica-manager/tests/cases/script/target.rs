//! `target …`: what somebody does to the storage target behind the server's back.

use replica_manager::{DISK, Server, names};

use super::Outcome;
use super::words::{Line, lvol, name};

pub(super) fn act(server: &Server, line: &Line<'_>) -> Outcome {
    let spdk = server.spdk();
    if line.word(1)? == "write-down-listings" {
        spdk.start_journal();
        return Ok(());
    }
    let what = line.word(2)?;
    let number = |at: usize| -> Result<u64, String> {
        line.word(at)?.parse().map_err(|_| format!("{} is no number", line.word(at).unwrap_or_default()))
    };
    let done = match line.word(1)? {
        "create-volume" => spdk.create_lvol(DISK, &lvol(what), number(3).unwrap_or(500)),
        "delete-volume" => spdk.delete_lvol(&lvol(what)),
        "snapshot" => match line.word(3)?.strip_prefix("image:") {
            Some(image) => spdk.snapshot_lvol(&lvol(what), &super::see::image_key(server, image), false),
            None => spdk.snapshot_lvol(&lvol(what), &lvol(line.word(3)?), true),
        },
        "stop-export" => spdk.stop_expose(&lvol(what)),
        "export" => spdk.expose(&lvol(what), u16::try_from(number(3)?).unwrap_or(u16::MAX)),
        "disconnect" => spdk.detach_nvme(&names::nvme_bdev(&name(what))),
        "delete-raid" => spdk.delete_raid(&name(what)),
        "write" => spdk.write(&name(what), number(3)?, number(4)?),
        other => return Err(format!("the target has no {other}")),
    };
    done.map_err(|error| error.to_string())
}
