//! Error responses in OpenAPI that only this service has.

service_kit::error_responses! {
    CsrfFailed "403" "`csrf_failed`: the cookie came without its CSRF token or from an unlisted origin" [];
    Conflict "409" "`user_exists`" [];
}
