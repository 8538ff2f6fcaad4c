"""A resource server in Flask, in the two ways that Flask-JWT-Extended documents for other people's tokens."""

import jwt
from flask import Flask, jsonify
from flask_jwt_extended import JWTManager, current_user, get_jwt, jwt_required


def with_settings_alone(issuer: str, public_key_pem: str) -> Flask:
    """Settings alone: a fixed public key (scripts/jwks_to_pem.py prints it). To be restarted when the key changes."""
    app = base(issuer)
    app.config["JWT_PUBLIC_KEY"] = public_key_pem
    return app


def with_key_set(issuer: str) -> Flask:
    """The same, with the key looked up in the JWKS by the token's `kid`: follows the issuer's key changes."""
    app = base(issuer)
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")

    @app.extensions["flask-jwt-extended"].decode_key_loader
    def key_of(header, _claims):
        return keys.get_signing_key(header["kid"]).key

    return app


def base(issuer: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        JWT_ALGORITHM="RS256",
        JWT_DECODE_ALGORITHMS=["RS256"],
        JWT_DECODE_ISSUER=issuer,
        # Without it a refresh token would pass for an access token: ours have no `type` claim, and the library
        # takes what has none for an access token. A refresh token is for the issuer alone.
        JWT_DECODE_AUDIENCE="users-api",
    )
    manager = JWTManager(app)

    @manager.user_lookup_loader
    def user_of(_header, claims):
        return {"id": claims["sub"], "name": claims.get("preferred_username")}

    @app.get("/whoami")
    @jwt_required(optional=True)
    def whoami():
        return jsonify(logged_in_as=current_user["name"] if current_user else "anonymous user")

    @app.get("/claims")
    @jwt_required()
    def claims():
        return jsonify(get_jwt())

    @app.get("/fresh")
    @jwt_required(fresh=True)
    def fresh():
        return jsonify(ok=True)

    return app
