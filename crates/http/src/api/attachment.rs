//! Files: on their way in, and out again, where they can do nothing.

use axum::Json as Answer;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use standfast_desk::{Download, Error, Upload, UploadCommand, UploadView, open_attachment};
use standfast_domain::AttachmentId;
use tokio::io::AsyncReadExt as _;
use utoipa::IntoParams;

use crate::app::App;
use crate::body::{BodyError, Path, Query};
use crate::credential::Caller;
use crate::problem::Problem;

/// What is read of a file at once, in bytes.
const CHUNK: usize = 64 << 10;

/// What is said of a file beside its bytes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct About {
    /// File name, percent-encoded UTF-8.
    #[param(example = "screenshot.png")]
    name: String,
    /// Made by the client, at most 64 characters; the same id gets the same upload.
    #[param(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e57", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
}

/// Takes in a file. It is bound to a message when its id is named there; left alone it is removed.
#[utoipa::path(
    post, path = "/api/v1/uploads", tag = "help", operation_id = "upload", params(About),
    request_body(content_type = "application/octet-stream", description = "The file's bytes", content = Vec<u8>),
    responses((status = 201, description = "Taken in", body = UploadView))
)]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Query(about): Query<About>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, mut body) = request.into_parts();
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let command = UploadCommand {
        client_id: about.client_id,
        name: about.name,
        media_type: media_type.unwrap_or("application/octet-stream").to_owned(),
    };
    let mut upload = Upload::begin(&app.desk, &caller.scope(), command).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match BodyError::find(&error) {
            BodyError::TooLarge => {
                Error::UploadTooLarge { limit: app.desk.settings().limits.upload_bytes }.into()
            }
            error => Problem::from(error),
        })?;
        if let Some(bytes) = frame.data_ref() {
            upload.write(bytes).await?;
        }
    }
    Ok((StatusCode::CREATED, Answer(upload.finish().await?)).into_response())
}

/// Hands out a file of a request that the caller may see: always as a download, never as something that runs.
#[utoipa::path(
    get, path = "/api/v1/attachments/{id}", tag = "help", operation_id = "attachment",
    params(("id" = String, Path, description = "Id of the file", example = "61093405593337856")),
    responses((
        status = 200,
        description = "The bytes",
        content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/gif"), (Vec<u8> = "image/webp"),
            (String = "text/plain; charset=utf-8"),
        )
    ))
)]
pub(crate) async fn open(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AttachmentId>,
) -> Result<Response, Problem> {
    Ok(inert(open_attachment(&app.desk, &caller.reader(), id).await?))
}

/// A file as a response that no browser will run or show as a page.
pub(crate) fn inert(download: Download) -> Response {
    let Download { view, file } = download;
    let chunks = stream::unfold(file, |mut file| async move {
        let mut buffer = vec![0; CHUNK];
        match file.read(&mut buffer).await {
            Ok(0) => None,
            Ok(read) => {
                buffer.truncate(read);
                Some((Ok(Bytes::from(buffer)), file))
            }
            Err(error) => Some((Err(error), file)),
        }
    });
    let media_type = if view.media_type.starts_with("text/") || !view.picture {
        "text/plain; charset=utf-8"
    } else {
        view.media_type.as_str()
    };
    let mut response = Body::from_stream(chunks).into_response();
    let headers = response.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text);
    headers.insert(
        CONTENT_TYPE,
        value(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    headers.insert(CONTENT_LENGTH, view.size.into());
    if let Ok(disposition) = value(&disposition(&view.name)) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    // Short, because an erased file must be gone.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
    response
}

/// `Content-Disposition` with a name of any script (RFC 6266, RFC 8187).
pub(crate) fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_header() {
        assert_eq!(disposition("a.png"), "attachment; filename=\"a.png\"; filename*=UTF-8''a.png");
        let hostile = disposition("截图\r\nSet-Cookie: x=\";.png");
        assert!(!hostile.contains(['\r', '\n']) && hostile.matches('"').count() == 2, "{hostile}");
        assert!(hostile.ends_with("%3B.png"), "{hostile}");
    }
}
