//! E-mail addresses of recipients.

use lettre::Address;

/// An address that a mail can be sent to: in the form of RFC 5321, without a name, with a domain that has a dot. The
/// domain is in small letters.
#[must_use]
pub fn check(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > 254 || !text.is_ascii() {
        return None;
    }
    let address: Address = text.parse().ok()?;
    let (user, domain) = (address.user(), address.domain().to_lowercase());
    let is_host = domain.contains('.') && !domain.starts_with('[');
    (is_host && !user.contains(['"', ' '])).then(|| format!("{user}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_taken() {
        assert_eq!(check(" Lead@Wallet.Example "), Some("Lead@wallet.example".to_owned()));
        for bad in [
            "",
            "lead",
            "lead@",
            "@wallet.example",
            "lead@localhost",
            "a@b@c.example",
            "a b@c.example",
            "lead@wallet.example\r\nBcc: x@y.example",
            "Lead <lead@wallet.example>",
            "a@[127.0.0.1]",
            "a,b@c.example",
            "林@wallet.example",
        ] {
            assert_eq!(check(bad), None, "{bad}");
        }
    }
}
