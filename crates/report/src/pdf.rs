//! A report as a document for printing: the same page, printed by a browser of this machine. Drawings stay vectors, and
//! Chinese is broken and set as browsers do it. The page has no scripts and may load nothing.

use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use standfast_domain::Entropy;

use crate::Error;

/// A browser that takes longer is given up.
const PATIENCE: u32 = 600;
/// It is looked at this often.
const LOOK: Duration = Duration::from_millis(100);

/// Prints a page.
pub(crate) async fn print(browser: &Path, html: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| Error::File(format!("the browser: {error}"));
    let folder = new_folder(entropy).map_err(failed)?;
    let printed = print_in(browser, html, &folder).await;
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(%error, "a folder of the browser could not be removed");
    }
    printed.map_err(failed)
}

/// A folder that nobody else can read. One of this name that is there is somebody else's: the next one is taken.
fn new_folder(entropy: &dyn Entropy) -> std::io::Result<PathBuf> {
    loop {
        let name = format!("standfast-report-{:032x}", u128::from_be_bytes(entropy.bytes::<16>()));
        let folder = std::env::temp_dir().join(name);
        match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

async fn print_in(browser: &Path, html: &[u8], folder: &Path) -> std::io::Result<Vec<u8>> {
    let (page, document) = (folder.join("report.html"), folder.join("report.pdf"));
    std::fs::write(&page, html)?;
    let mut command = Command::new(browser);
    command.args(["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    command.arg(format!("--print-to-pdf={}", document.display()));
    // Chromium has no sandbox for root and refuses to start without being told that this is known.
    if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
        command.arg("--no-sandbox");
    }
    command.arg(format!("file://{}", page.display()));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let done = wait(&mut child).await;
    if !matches!(done, Ok(true)) {
        let _ = child.kill();
        let _ = child.wait();
        done?;
        return Err(std::io::Error::other("it did not print the page"));
    }
    std::fs::read(document)
}

/// Whether it ended well in time.
async fn wait(child: &mut Child) -> std::io::Result<bool> {
    for _ in 0..PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(false)
}
