//! Addresses of sockets.

use std::net::Ipv6Addr;

/// Whether a socket address as the system has it names another machine.
pub(crate) fn leads_out(address: &[u8]) -> bool {
    let Some(family) = address.first_chunk().copied().map(u16::from_ne_bytes) else {
        return false;
    };
    match i32::from(family) {
        // Port and address.
        libc::AF_INET => match address.get(4) {
            Some(&first) => first != 127 && address.get(4..8) != Some(&[0; 4]),
            None => false,
        },
        // Port, flow and address.
        libc::AF_INET6 => {
            let bytes: Option<[u8; 16]> = address.get(8..24).and_then(|b| b.try_into().ok());
            bytes.is_some_and(|bytes| {
                let ip = Ipv6Addr::from(bytes);
                let mapped = ip.to_ipv4_mapped();
                !ip.is_loopback()
                    && !ip.is_unspecified()
                    && !mapped.is_some_and(|ip| ip.is_loopback() || ip.is_unspecified())
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inet(ip: [u8; 4]) -> Vec<u8> {
        let mut bytes = (libc::AF_INET as u16).to_ne_bytes().to_vec();
        bytes.extend([0, 80]);
        bytes.extend(ip);
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn only_loopback_and_unix_addresses_stay_here() {
        assert!(!leads_out(&inet([127, 0, 0, 1])));
        assert!(!leads_out(&inet([127, 1, 2, 3])));
        assert!(!leads_out(&inet([0, 0, 0, 0])));
        assert!(leads_out(&inet([192, 0, 2, 1])));
        let mut six = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
        six.extend([0; 6]);
        let mut loopback = six.clone();
        loopback.extend([0; 15]);
        loopback.push(1);
        loopback.extend([0; 4]);
        assert!(!leads_out(&loopback));
        six.extend([0x20; 16]);
        assert!(leads_out(&six));
        assert!(!leads_out(&(libc::AF_UNIX as u16).to_ne_bytes()));
        assert!(!leads_out(&[]));
    }
}
