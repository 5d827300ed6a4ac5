//! The addresses of an isolated network. The first host is the gateway; a network smaller than /30 has no others.

use std::net::Ipv4Addr;

/// The host addresses of `cidr` after the gateway, in order; nothing if it is not one.
pub(crate) fn hosts(cidr: &str) -> Option<impl Iterator<Item = Ipv4Addr> + use<>> {
    let (base, prefix) = cidr.split_once('/')?;
    let base = u32::from(base.parse::<Ipv4Addr>().ok()?);
    let prefix: u32 = prefix.parse().ok().filter(|bits| (1..=32).contains(bits))?;
    let size = 1_u32.checked_shl(32 - prefix)?;
    let network = base & !(size - 1);
    Some((2..size.saturating_sub(1)).map(move |host| Ipv4Addr::from(network + host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(cidr: &str) -> Option<usize> {
        hosts(cidr).map(Iterator::count)
    }

    #[test]
    fn a_slash_30_has_one_address_beside_its_gateway() {
        assert_eq!(hosts("10.1.1.0/30").unwrap().collect::<Vec<_>>(), [Ipv4Addr::new(10, 1, 1, 2)]);
        assert_eq!(count("10.1.1.7/24"), Some(253));
        assert_eq!(count("10.1.1.0/31"), Some(0));
        assert_eq!(count("10.1.1.0/32"), Some(0));
    }

    #[test]
    fn what_is_not_a_network_has_no_addresses() {
        for cidr in ["", "/", "10.1.1.0", "10.1.1.0/0", "10.1.1.0/33", "10.1.1/24", "10.1.1.0/-1"] {
            assert_eq!(count(cidr), None, "{cidr}");
        }
    }
}
