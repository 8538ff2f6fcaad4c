//! Warnings about settings that are allowed but usually a mistake. The log has them at the start.

use super::{AuthSettings, MailTransport};

impl AuthSettings {
    /// A warning for the log, if mails are only written into files although the service is not only for this machine.
    pub fn mail_warning(&self) -> Option<&'static str> {
        let is_file = matches!(self.mail.transport, MailTransport::File(_));
        (is_file && !self.public_url.is_local()).then_some(
            "AUTH_MAIL=file: only writes mails into files. Users do not get them. Set a mail server, or AUTH_MAIL=off",
        )
    }

    /// A warning for the log, if browsers will not keep the refresh cookie.
    pub fn cookie_warning(&self) -> Option<&'static str> {
        (self.secure_cookie() && !self.public_url.is_https()).then_some(
            "AUTH_ISSUER is plain http on a host that is not this machine: the refresh cookie is Secure, and \
             browsers will not keep it; cookie mode needs https",
        )
    }
}
