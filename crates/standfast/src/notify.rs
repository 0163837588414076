//! What a service manager is told: `sd_notify(3)`, the protocol of systemd for `Type=notify`.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use anyhow::bail;

/// Who wants to be told. Set by the manager, not by the operator, and so no setting.
fn socket() -> Option<OsString> {
    std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())
}

/// The desk serves.
pub(crate) fn ready() {
    tell("READY=1");
}

/// Another process is the desk's now.
pub(crate) fn moved(process: u32) {
    tell(&format!("MAINPID={process}"));
}

fn tell(state: &str) {
    let Some(name) = socket() else { return };
    let told = || {
        let address = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(&name)?,
        };
        UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address)
    };
    if let Err(error) = told() {
        tracing::warn!(%error, state, "the service manager could not be told");
    }
}

/// Whether this process may end while another one goes on: not when somebody watches this one alone.
pub(crate) fn may_hand_over() -> anyhow::Result<()> {
    let own = std::process::id();
    if own == 1 {
        bail!(
            "this desk is the first process of its container, which ends with it: start a container of the new version"
        );
    }
    // systemd says to whom it has spoken; a shell below one of its services inherits the name with another number.
    let started =
        std::env::var_os("SYSTEMD_EXEC_PID").is_some_and(|id| id.as_bytes() == own.to_string().as_bytes());
    if started && socket().is_none() {
        bail!(
            "systemd would end the new process with the old one: the unit needs Type=notify and NotifyAccess=all"
        );
    }
    Ok(())
}
