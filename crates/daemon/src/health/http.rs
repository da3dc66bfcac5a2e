//! The checks `http://…` and `https://…`: one request on a connection of its own.

use std::sync::{Arc, OnceLock};

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use yottabgp_health::check::{Body, Statuses};

/// The longest page that is looked at, in octets.
const LONGEST: usize = 1024 * 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) tls: bool,
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) path: &'a str,
}

/// Asks for the page, and says what was wrong with the answer.
pub(super) async fn check(
    request: &Request<'_>,
    statuses: &Statuses,
    body: Option<&Body>,
) -> Result<String, String> {
    let connected = TcpStream::connect((request.host, request.port)).await;
    let stream = connected.map_err(|error| error.to_string())?;
    if !request.tls {
        return ask(stream, request, statuses, body).await;
    }
    let name = ServerName::try_from(request.host.to_owned())
        .map_err(|_| format!("'{}' is no name that a certificate could have", request.host))?;
    let connector = TlsConnector::from(configuration()?);
    let stream = connector.connect(name, stream).await.map_err(|error| error.to_string())?;
    ask(stream, request, statuses, body).await
}

async fn ask(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: &Request<'_>,
    statuses: &Statuses,
    body: Option<&Body>,
) -> Result<String, String> {
    let failed = |error: hyper::Error| error.to_string();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let host = if request.host.contains(':') {
        format!("[{}]", request.host)
    } else {
        request.host.to_owned()
    };
    let default = if request.tls { 443 } else { 80 };
    let authority = if request.port == default { host } else { format!("{host}:{}", request.port) };
    let message = hyper::Request::get(request.path)
        .header(hyper::header::HOST, authority)
        .header(hyper::header::USER_AGENT, "yottabgp healthcheck")
        .header(hyper::header::ACCEPT, "*/*")
        .header(hyper::header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let exchange = async move {
        let response = sender.send_request(message).await.map_err(failed)?;
        let status = response.status().as_u16();
        if !statuses.has(status) {
            return Err(format!("the status is {status}"));
        }
        if let Some(body) = body {
            let page = Limited::new(response.into_body(), LONGEST).collect().await;
            let page = page.map_err(|error| format!("the page: {error}"))?.to_bytes();
            if !body.0.is_match(&String::from_utf8_lossy(&page)) {
                return Err(format!("the page does not match '{}'", body.0));
            }
        }
        Ok(format!("the status is {status}"))
    };
    tokio::pin!(exchange, connection);
    // The connection moves the octets; it may be over before the answer is looked at, and what it found wrong then matters
    // only if there was none.
    tokio::select! {
        biased;
        result = &mut exchange => result,
        ended = &mut connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(error.to_string()),
        },
    }
}

/// Trusts what the system trusts. Read once.
fn configuration() -> Result<Arc<ClientConfig>, String> {
    static CONFIGURATION: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(configuration) = CONFIGURATION.get() {
        return Ok(configuration.clone());
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("this system trusts no certificate: is ca-certificates installed?".to_owned());
    }
    let configuration = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(CONFIGURATION.get_or_init(|| Arc::new(configuration)).clone())
}
