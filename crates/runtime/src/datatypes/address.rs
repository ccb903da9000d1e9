//! Network addresses (S-514).

use core::net::IpAddr;

/// Bits that an IPv4 address has fewer than an IPv6 one: what a network inside `::ffff:0:0/96` loses from its prefix length.
const MAPPED_PREFIX: u8 = 96;

/// An address of a request. IPv4-mapped IPv6 addresses are IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// In network byte order; IPv4 in the first four bytes, the rest zero.
    pub address: [u8; 16],
    /// 4 or 6.
    pub family: u8,
}

impl Address {
    /// Reads an IPv4 address (no leading zeros) or an IPv6 address (RFC 4291, no zone). A prefix length is refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Address> {
        Some(match text.parse::<IpAddr>().ok()?.to_canonical() {
            IpAddr::V4(v4) => Address { address: widen(v4.octets()), family: 4 },
            IpAddr::V6(v6) => Address { address: v6.octets(), family: 6 },
        })
    }
}

/// A network of a policy: an address and a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// In network byte order, host bits zero; IPv4 in the first four bytes, the rest zero.
    pub address: [u8; 16],
    /// 4 or 6.
    pub family: u8,
    /// Prefix length in bits, at most 32 or 128.
    pub prefix: u8,
}

impl Cidr {
    /// Reads an address with an optional prefix length (decimal, no leading zeros; without one a single host) and says whether host bits were set, which
    /// are masked off. A network inside `::ffff:0:0/96` is the IPv4 network that it maps.
    #[must_use]
    pub fn parse(text: &str) -> Option<(Cidr, bool)> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().ok()?;
        let prefix_max: u8 = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => parse_prefix(prefix).filter(|prefix| *prefix <= prefix_max)?,
            None => prefix_max,
        };
        let (bytes, family, prefix) = match address {
            IpAddr::V4(v4) => (widen(v4.octets()), 4, prefix),
            IpAddr::V6(v6) => match (v6.to_ipv4_mapped(), prefix.checked_sub(MAPPED_PREFIX)) {
                (Some(v4), Some(shorter)) => (widen(v4.octets()), 4, shorter),
                _ => (v6.octets(), 6, prefix),
            },
        };
        let masked = mask(bytes, prefix);
        Some((Cidr { address: masked, family, prefix }, masked != bytes))
    }

    /// Whether the address is in the network. Networks of one family hold no address of the other.
    #[must_use]
    pub fn contains(&self, address: &Address) -> bool {
        self.family == address.family && mask(address.address, self.prefix) == self.address
    }

    /// Whether family, prefix length and host bits are those of a network that [`Cidr::parse`] can give.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        let prefix_max = match self.family {
            4 => 32,
            6 => 128,
            _ => return false,
        };
        let mapped =
            self.family == 6 && self.prefix >= MAPPED_PREFIX && self.address.starts_with(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
        self.prefix <= prefix_max && mask(self.address, self.prefix) == self.address && !mapped
    }
}

/// IPv4 in the first four bytes.
fn widen(octets: [u8; 4]) -> [u8; 16] {
    let mut address = [0; 16];
    for (byte, octet) in address.iter_mut().zip(octets) {
        *byte = octet;
    }
    address
}

/// The address with all bits after the prefix zero.
fn mask(address: [u8; 16], prefix: u8) -> [u8; 16] {
    let host_bits = 128_u32.saturating_sub(u32::from(prefix));
    let bits = u128::MAX.checked_shl(host_bits).unwrap_or(0);
    (u128::from_be_bytes(address) & bits).to_be_bytes()
}

/// Decimal without leading zeros, at most three digits.
fn parse_prefix(text: &str) -> Option<u8> {
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if leading_zero || text.len() > 3 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
