//! Internet addresses and networks, for the IP operators (S-514).
//!
//! An address is its family's number of bits and their value. An IPv4-mapped IPv6 address is turned into IPv4 as soon as
//! it is read, so that one client is one value in either notation.

/// An address of one family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Address {
    /// 32 for IPv4, 128 for IPv6.
    width: u32,
    bits: u128,
}

/// All addresses of one family that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Network {
    address: Address,
    prefix_length: u32,
}

/// The first 96 bits of the IPv4-mapped addresses `::ffff:0:0/96`, as a number.
const MAPPED: u128 = 0xffff;

impl Address {
    /// Reads one address.
    pub(crate) fn read(text: &str) -> Option<Address> {
        let address = Address::as_written(text)?;
        Some(address.unmapped().unwrap_or(address))
    }

    fn as_written(text: &str) -> Option<Address> {
        let v4 = || Some(Address { width: 32, bits: u128::from(read_v4(text)?) });
        v4().or_else(|| Some(Address { width: 128, bits: read_v6(text)? }))
    }

    /// The IPv4 address that an IPv4-mapped one stands for.
    fn unmapped(self) -> Option<Address> {
        let mapped = self.width == 128 && self.bits >> 32 == MAPPED;
        mapped.then_some(Address { width: 32, bits: self.bits & 0xffff_ffff })
    }
}

impl Network {
    /// Reads an address or a CIDR; without a prefix length it is one host.
    pub(crate) fn read(text: &str) -> Option<Network> {
        let (host, prefix) = match text.split_once('/') {
            Some((host, prefix)) => (host, Some(prefix)),
            None => (text, None),
        };
        let address = Address::as_written(host)?;
        let prefix_length = match prefix {
            Some(prefix) => decimal(prefix, address.width)?,
            None => address.width,
        };
        // A network inside the mapped block is an IPv4 network; a wider one holds no IPv4 address.
        match address.unmapped() {
            Some(v4) if prefix_length >= 96 => Some(Network { address: v4, prefix_length: prefix_length - 96 }),
            _ => Some(Network { address, prefix_length }),
        }
    }

    /// Whether the address lies in the network. Host bits of the network are masked off.
    pub(crate) fn contains(&self, address: Address) -> bool {
        let host_bits = self.address.width - self.prefix_length;
        // A shift by all 128 bits is no shift in Rust; nothing is left of such a number.
        let network_bits = |address: Address| address.bits.checked_shr(host_bits).unwrap_or(0);
        self.address.width == address.width && network_bits(self.address) == network_bits(address)
    }
}

/// Decimal digits without leading zeros, up to a maximum.
fn decimal(text: &str, most: u32) -> Option<u32> {
    let plain = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=3).contains(&text.len());
    let value = text.parse().ok().filter(|value| *value <= most);
    value.filter(|_| plain && digits)
}

/// Four decimal numbers with points between them.
fn read_v4(text: &str) -> Option<u32> {
    let mut bits = 0;
    let mut count = 0;
    for part in text.split('.') {
        bits = (bits << 8) | decimal(part, 255)?;
        count += 1;
        if count > 4 {
            return None;
        }
    }
    (count == 4).then_some(bits)
}

/// RFC 4291 text: eight groups, one run of which may be written as `::`, the last two as IPv4.
fn read_v6(text: &str) -> Option<u128> {
    let groups = match text.split_once("::") {
        None => read_groups(text, true)?,
        Some((head, tail)) => {
            let mut groups = if head.is_empty() { Vec::new() } else { read_groups(head, false)? };
            let tail = if tail.is_empty() { Vec::new() } else { read_groups(tail, true)? };
            // `::` stands for at least one group.
            let missing = 8usize.checked_sub(groups.len() + tail.len()).filter(|missing| *missing > 0)?;
            groups.extend(std::iter::repeat_n(0, missing));
            groups.extend(tail);
            groups
        }
    };
    (groups.len() == 8).then(|| groups.iter().fold(0, |bits, group| (bits << 16) | u128::from(*group)))
}

fn read_groups(text: &str, may_end_in_v4: bool) -> Option<Vec<u32>> {
    let mut groups = Vec::new();
    let parts: Vec<&str> = text.split(':').collect();
    for (index, part) in parts.iter().enumerate() {
        if may_end_in_v4 && index + 1 == parts.len() && part.contains('.') {
            let v4 = read_v4(part)?;
            groups.extend([v4 >> 16, v4 & 0xffff]);
        } else if (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            groups.push(u32::from_str_radix(part, 16).ok()?);
        } else {
            return None;
        }
    }
    Some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> Option<bool> {
        Some(Network::read(network)?.contains(Address::read(address)?))
    }

    #[test]
    fn networks_and_addresses() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.9.9.9/8", "10.0.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "1.2.3.4", false),
            ("::/0", "::ffff:1.2.3.4", false),
            ("::/0", "ffff::", true),
            ("::ffff:0:0/96", "1.2.3.4", true),
            ("::ffff:10.0.0.0/104", "10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "11.1.1.1", false),
            ("::ffff:0:0/95", "1.2.3.4", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "::ffff:0a01:0203", true),
            ("1.2.3.4", "1.2.3.4", true),
            ("2001:DB8:0::1", "2001:db8::1", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
            ("2001:db8::/32", "2001:db8:8000::", true),
        ] {
            assert_eq!(contains(network, address), Some(expected), "{network} {address}");
        }
    }

    #[test]
    fn text_is_read_strictly() {
        for text in [
            "",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "256.1.1.1",
            "1.2.3.4 ",
            "+1.2.3.4",
            "1:2:3:4:5:6:7",
            ":::",
            "1::2::3",
            "1:2:3:4:5:6:7::8",
            "::1:2:3:4:5:6:7:8",
            "fe80::1%eth0",
            "12345::",
            "::1.2.3.4:5",
            "1.2.3.4::",
            ":1::",
            "1:",
            "10.0.0.0/8",
        ] {
            assert_eq!(Address::read(text), None, "{text}");
        }
        for text in ["10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/", "10.0.0.0/255.0.0.0", "::/129", "::/+1"] {
            assert_eq!(Network::read(text), None, "{text}");
        }
        for text in ["1:2:3:4:5:6:7::", "::", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1::2:3"] {
            assert!(Address::read(text).is_some(), "{text}");
        }
    }
}
