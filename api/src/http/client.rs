//! Who is at the other end: the client's address behind the proxies that are believed, and the request's id.

use std::net::IpAddr;

use actix_web::HttpRequest;
use ipnet::IpNet;

/// The other end of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// The request's id, in the answer, the journal and the log.
    pub request_id: String,
}

impl Client {
    /// From the connection and, where a trusted proxy made it, the headers.
    pub fn of(request: &HttpRequest, trusted: &[IpNet]) -> Self {
        let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip().to_canonical());
        let proxied = is_in(trusted, peer);
        let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let given = request.headers().get("x-request-id").and_then(|id| id.to_str().ok());
        Self {
            address: if proxied { behind(peer, &forwarded.collect::<Vec<_>>().join(","), trusted) } else { peer },
            request_id: given.filter(|id| proxied && is_id(id)).map_or_else(new_id, str::to_owned),
        }
    }
}

/// Whether an address lies in one of the networks.
pub fn is_in(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// The last address that no trusted proxy speaks for. What stands left of it anybody may have written.
fn behind(peer: IpAddr, forwarded: &str, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer;
    for part in forwarded.rsplit(',') {
        let Some(next) = parse(part.trim()) else { break };
        address = next;
        if !is_in(trusted, address) {
            break;
        }
    }
    address
}

/// An address, with or without a port or the brackets of IPv6.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(address, _)| address);
    let address = bare.parse::<IpAddr>().ok().or_else(|| text.parse().map(|a: std::net::SocketAddr| a.ip()).ok());
    address.map(|address| address.to_canonical())
}

fn is_id(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn new_id() -> String {
    minzheng_kernel::secrets::random_bytes::<8>().map_or_else(|_| "0".to_owned(), hex::encode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_trusted_proxy_says_is_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let told = |forwarded: &str| behind(peer, forwarded, &trusted).to_string();
        assert_eq!(told("203.0.113.7"), "203.0.113.7");
        assert_eq!(told("203.0.113.7, 10.1.1.1"), "203.0.113.7");
        assert_eq!(told("1.2.3.4, 203.0.113.7"), "203.0.113.7", "what the client wrote itself does not count");
        assert_eq!(told("nonsense, 203.0.113.7:443"), "203.0.113.7");
        assert_eq!(told("[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(told("203.0.113.7, nonsense"), "10.0.0.1");
        assert_eq!(told(""), "10.0.0.1");
    }

    #[test]
    fn an_id_is_short_and_plain() {
        assert!(is_id("0af7651916cd43dd-8448.eb211c_80319c"));
        for bad in ["", "short", "with space in it", "new\nline-here", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
