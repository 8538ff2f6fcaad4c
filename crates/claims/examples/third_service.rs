//! A third service that trusts the auth-service. It needs one verifier, registered once, and
//! handlers that name the callers that they accept.
//!
//! ```text
//! cargo run -p claims --example third_service --features remote,actix -- http://127.0.0.1:8080 users-api
//! curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8082/report
//! ```

use actix_web::{App, HttpResponse, HttpServer, Responder, web};
use claims::actix::{Caller, FreshCaller, MaybeCaller, UserCaller, UsersRead, WithScope};
use claims::remote::RemoteVerifier;

/// Anyone, a person or a service, whose token has the scope `users:read`.
async fn report(caller: WithScope<UsersRead>) -> impl Responder {
    let kind = if caller.is_service_account() { "service" } else { "user" };
    format!("report for {kind} {}", caller.sub)
}

/// People only.
async fn profile(user: UserCaller) -> impl Responder {
    format!("profile of {} in session {}", user.user_id(), user.session_id())
}

/// People who have just given their password.
async fn payout(user: FreshCaller) -> impl Responder {
    format!("paid to {}", user.user_id())
}

/// Everyone, greeted by name if there is a token.
async fn greeting(MaybeCaller(caller): MaybeCaller) -> impl Responder {
    let name = caller.as_ref().and_then(|caller| caller.preferred_username.as_deref());
    format!("hello, {}", name.unwrap_or("stranger"))
}

/// Any verified token.
async fn claims_of(caller: Caller) -> impl Responder {
    web::Json(caller.claims().clone())
}

/// Readiness: the service accepts calls as soon as it has keys and the list of revoked sessions.
async fn ready(verifier: web::Data<RemoteVerifier>) -> HttpResponse {
    match verifier.readiness() {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(why) => HttpResponse::ServiceUnavailable().body(why.to_string()),
    }
}

/// The whole service.
pub(crate) fn routes(verifier: RemoteVerifier) -> impl FnOnce(&mut web::ServiceConfig) {
    move |config| {
        config
            .app_data(claims::actix::authenticator(verifier.clone()))
            .app_data(web::Data::new(verifier))
            .route("/report", web::get().to(report))
            .route("/profile", web::get().to(profile))
            .route("/payout", web::post().to(payout))
            .route("/greeting", web::get().to(greeting))
            .route("/claims", web::get().to(claims_of))
            .route("/readyz", web::get().to(ready));
    }
}

/// Starts it for an issuer and an audience from the command line.
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let issuer = arguments.next().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let audience = arguments.next().unwrap_or_else(|| "users-api".to_owned());
    let verifier = RemoteVerifier::builder(&issuer, &audience).start()?;
    let app = move || App::new().configure(routes(verifier.clone()));
    HttpServer::new(app).bind("127.0.0.1:8082")?.run().await?;
    Ok(())
}
