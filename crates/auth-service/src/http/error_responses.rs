//! Error responses in OpenAPI that only this service has.

service_kit::error_responses! {
    CsrfFailed "403" "`csrf_failed`: the cookie came without its CSRF token or from an unlisted origin" [];
    LinkInvalid "400" "`link_invalid`: the link is used, expired or unknown; or `invalid_request`" [];
    EmailUnverified "403" "`email_unverified`: the address is not proven, and a mail was sent; or `csrf_failed`" [];
    Conflict "409" "`user_exists`" [];
    RegistrationClosed "403" "`registration_closed`" [];
    InviteForbidden "403" "`insufficient_scope`: of the caller, or of a scope that the caller cannot grant; `registration_closed`" [("WWW-Authenticate", "The scope that is missing (RFC 6750 section 3)")];
    UserDisabled "409" "`user_disabled`" [];
    UserNotFound "404" "`user_not_found`" [];
    AdminForbidden "403" "`insufficient_scope`: of the caller, or of a scope that the caller cannot grant" [("WWW-Authenticate", "The scope that is missing (RFC 6750 section 3)")];
    AdminConflict "409" "`user_exists` or `last_administrator`" [];
    LastAdministratorStays "409" "`last_administrator`" [];
    PreconditionFailed "412" "`precondition_failed`: the user has another `ETag`" [];
}
