"""The application after the move: it verifies the tokens of auth-service, and keeps no passwords."""

import jwt
from flask import Flask, jsonify
from flask_jwt_extended import JWTManager, current_user, jwt_required


def create_app(issuer: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        JWT_ALGORITHM="RS256",
        JWT_DECODE_ALGORITHMS=["RS256"],
        JWT_DECODE_ISSUER=issuer,
        # Without it a refresh token would pass for an access token.
        JWT_DECODE_AUDIENCE="users-api",
    )
    manager = JWTManager(app)
    keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json")

    @manager.decode_key_loader
    def key_of(header, _claims):
        try:
            return keys.get_signing_key(header["kid"]).key
        except jwt.PyJWKClientConnectionError:
            raise
        except (KeyError, jwt.PyJWKClientError) as error:
            # So that the answer is that of any other bad token.
            raise jwt.InvalidTokenError("signed with an unknown key") from error

    @manager.user_lookup_loader
    def user_of(_header, claims):
        return {"id": claims["sub"], "name": claims.get("preferred_username")}

    @app.get("/protected")
    @jwt_required()
    def protected():
        return jsonify(logged_in_as=current_user["name"])

    return app
