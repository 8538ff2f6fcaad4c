//! The server's certificate, and the authority that has signed it.

use std::{path::Path, process::Command, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::missing::program_of_the_check;

/// Speaks TLS with the certificate in the folder.
pub(super) fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(folder.join("server.crt"));
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.expect("a certificate")], key);
    TlsAcceptor::from(Arc::new(config.expect("a server's TLS")))
}

/// Makes an authority, and a certificate of the server for `127.0.0.1`. `None` where there is no `openssl`.
pub(super) fn make_certificates(folder: &Path) -> Option<()> {
    // The check has it: Debian's package of PostgreSQL brings it along.
    let program = program_of_the_check("openssl")?;
    let openssl = |arguments: &str| {
        let mut command = Command::new(&program);
        command.current_dir(folder).args(["req", "-x509", "-nodes", "-days", "2"]);
        command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        let done = command.args(arguments.split(' ')).output().expect("openssl");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    openssl("-keyout ca.key -out ca.crt -subj /CN=authority");
    openssl(
        "-CA ca.crt -CAkey ca.key -keyout server.key -out server.crt -subj /CN=mail \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:false",
    );
    Some(())
}
