//! The ten steps, as upstream's multi-threaded test does them; a block stands for its 10 MiB of random data.

use std::collections::BTreeMap;

use replica_manager::names::HEAD;
use replica_manager::{Frontend, Result, Tree};

use super::{Volume, run_volumes, unexpected};

const VOLUMES: usize = 10;
const PASSES: usize = 40;

/// Ten volumes, the ten steps each, beside forty verify passes; panics when an oracle is violated.
pub fn full_scale(revision: &str) {
    run_volumes(revision, VOLUMES, PASSES, ten_steps);
}

/// What was written: block number to content, one map for each state of the volume that is gone back to later.
type Blocks = BTreeMap<u64, u64>;

fn ten_steps(volume: &Volume<'_>) -> Result<()> {
    // 1 and 2: two replicas, an engine, a chain of five snapshots.
    volume.create_replica(1)?;
    volume.create_replica(2)?;
    volume.create_engine(&[1, 2], Frontend::BlockDevice)?;
    let mut chain1 = Blocks::new();
    for (block, snapshot) in (0..).zip(["s11", "s12", "s13", "s14", "s15"]) {
        volume.write(&mut chain1, block, 1)?;
        volume.snapshot(snapshot)?;
    }
    let mut beyond = chain1.clone();
    volume.write(&mut beyond, 5, 1)?;
    volume.expect_tree(&[1, 2], "s11(s12(s13(s14(s15(volume-head)))))")?;
    // 3 and 4: back to the middle, and a second branch.
    volume.revert(&[1, 2], "s13")?;
    let mut chain2: Blocks = chain1.clone().into_iter().filter(|(block, _)| *block < 3).collect();
    volume.expect_blocks(&chain2, 3..6)?;
    for (block, snapshot) in (3..).zip(["s21", "s22", "s23"]) {
        volume.write(&mut chain2, block, 2)?;
        volume.snapshot(snapshot)?;
    }
    volume.expect_tree(&[1, 2], "s11(s12(s13(s14(s15) s21(s22(s23(volume-head))))))")?;
    // 5: deletions, of which two are refused.
    volume.delete_some()?;
    volume.expect_tree(&[1, 2], "s11(s13(s15 s23(volume-head)))")?;
    volume.expect_blocks(&chain2, 6..7)?;
    // 6: two more branches off the root.
    let chain3 = volume.branch(&chain1, 3, ["s31", "s32"])?;
    volume.delete("s31")?;
    volume.expect_tree(&[1, 2], "s11(s13(s15 s23) s32(volume-head))")?;
    volume.expect_blocks(&chain3, 3..6)?;
    let chain4 = volume.branch(&chain1, 4, ["s41", "s42"])?;
    volume.expect_tree(&[1, 2], "s11(s13(s15 s23) s32 s41(s42(volume-head)))")?;
    // 7 and 8: two rebuilds, one replica after the other replaced.
    volume.revert(&[1, 2], "s15")?;
    volume.write(&mut chain1, 6, 1)?;
    volume.replace_replica(1, 3)?;
    volume.expect_modes(&[2, 3])?;
    volume.expect_tree(&[2, 3], "s11(s13(s15(rebuild-00000001(volume-head)) s23) s32 s41(s42))")?;
    volume.write(&mut chain1, 7, 1)?;
    volume.replace_replica(2, 4)?;
    volume.expect_modes(&[3, 4])?;
    volume.expect_blocks(&chain1, 5..6)?;
    // 9: what the rebuilds left.
    volume.server.engine_snapshot_purge(&volume.engine())?;
    volume.expect_tree(&[3, 4], "s11(s13(s15(rebuild-00000002(volume-head)) s23) s32 s41(s42))")?;
    // 10: every chain still holds what was written to it.
    volume.expect_blocks(&chain1, 5..6)?;
    for (snapshot, blocks) in [("s23", &chain2), ("s32", &chain3), ("s42", &chain4)] {
        volume.revert(&[3, 4], snapshot)?;
        volume.expect_blocks(blocks, 6..8)?;
    }
    Ok(())
}

impl Volume<'_> {
    fn write(&self, blocks: &mut Blocks, block: u64, chain: u64) -> Result<()> {
        let content = (self.number as u64 + 1) * 10_000 + chain * 100 + block;
        blocks.insert(block, content);
        self.server.spdk().write(&self.engine(), block, content)
    }

    fn snapshot(&self, name: &str) -> Result<()> {
        self.server.engine_snapshot_create(&self.engine(), name)
    }

    fn delete(&self, snapshot: &str) -> Result<()> {
        self.server.engine_snapshot_delete(&self.engine(), snapshot)
    }

    /// Takes the frontend away, goes back, and offers the volume again.
    fn revert(&self, replicas: &[u32], snapshot: &str) -> Result<()> {
        self.server.engine_delete(&self.engine())?;
        self.create_engine(replicas, Frontend::Empty)?;
        let bare = self.server.engine_get(&self.engine())?;
        self.check(bare.port == 0 && bare.endpoint.is_empty(), || "an engine without frontend has one".to_owned());
        self.server.engine_snapshot_revert(&self.engine(), snapshot)?;
        self.server.engine_delete(&self.engine())?;
        self.create_engine(replicas, Frontend::BlockDevice)
    }

    fn delete_some(&self) -> Result<()> {
        self.delete("s21")?;
        self.delete("s22")?;
        // Today's engines delete the head's parent; then the tree of the later steps would be another.
        if !self.server.behaviour().deletes_heads_parent {
            self.expect_refusal("s23")?;
        }
        self.delete("s12")?;
        self.delete("s14")?;
        self.expect_refusal("s13")
    }

    fn expect_refusal(&self, snapshot: &str) -> Result<()> {
        match self.delete(snapshot) {
            Err(_) => Ok(()),
            Ok(()) => Err(unexpected(format!("{snapshot} must not be deletable, and was deleted"))),
        }
    }

    /// Two snapshots on a branch of their own off `s11`.
    fn branch(&self, chain1: &Blocks, chain: u64, snapshots: [&str; 2]) -> Result<Blocks> {
        self.revert(&[1, 2], "s11")?;
        let mut blocks: Blocks = chain1.clone().into_iter().filter(|(block, _)| *block < 1).collect();
        for (block, snapshot) in (1..).zip(snapshots) {
            self.write(&mut blocks, block, chain)?;
            self.snapshot(snapshot)?;
        }
        Ok(blocks)
    }

    /// The volume, and each of its replicas, holds these blocks and nothing in `empty`.
    fn expect_blocks(&self, blocks: &Blocks, empty: std::ops::Range<u64>) -> Result<()> {
        let engine = self.server.engine_get(&self.engine())?;
        let devices = std::iter::once(self.engine()).chain(engine.modes.into_keys());
        for device in devices {
            for (block, content) in blocks {
                let found = self.server.spdk().read(&device, *block)?;
                self.check(found == Some(*content), || {
                    format!("block {block} of {device} is {found:?}, not {content}")
                });
            }
            for block in empty.clone() {
                let found = self.server.spdk().read(&device, block)?;
                self.check(found.is_none(), || format!("block {block} of {device} should not have been written"));
            }
        }
        Ok(())
    }

    /// The snapshot tree on each replica, and in the engine's view, written as `root(child child(volume-head))`.
    fn expect_tree(&self, replicas: &[u32], expected: &str) -> Result<()> {
        let engine = self.server.engine_get(&self.engine())?;
        let mut trees = vec![(self.engine(), engine.tree)];
        for which in replicas {
            let view = self.server.replica_get(&self.replica(*which))?;
            trees.push((view.name, view.tree));
        }
        for (owner, tree) in trees {
            let found = draw(&tree);
            self.check(found == expected, || format!("the tree of {owner} is {found}, not {expected}"));
        }
        Ok(())
    }
}

fn draw(tree: &Tree) -> String {
    let is_root = |parent: &Option<String>| parent.as_ref().is_none_or(|parent| !tree.snapshots.contains_key(parent));
    let roots = tree.snapshots.iter().filter(|(_, node)| is_root(&node.parent));
    roots.map(|(name, _)| draw_from(tree, name)).collect::<Vec<_>>().join(" ")
}

fn draw_from(tree: &Tree, name: &str) -> String {
    let Some(node) = tree.snapshots.get(name).filter(|node| !node.children.is_empty()) else {
        return name.to_owned();
    };
    let children: Vec<String> =
        node.children.iter().filter(|child| is_part(tree, child)).map(|child| draw_from(tree, child)).collect();
    format!("{name}({})", children.join(" "))
}

fn is_part(tree: &Tree, child: &str) -> bool {
    child == HEAD || tree.snapshots.contains_key(child)
}
