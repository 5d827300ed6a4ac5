//! What every object of one server uses: the target, the ports, where signals go, and how the tree of its time acts.

use crate::behaviour::Behaviour;
use crate::ports::Ports;
use crate::spdk::Spdk;
use crate::updates::Updates;

pub(crate) struct Node {
    pub(crate) spdk: Spdk,
    pub(crate) ports: Ports,
    pub(crate) updates: Updates,
    pub(crate) behaviour: Behaviour,
    pub(crate) ip: String,
}
