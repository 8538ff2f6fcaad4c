"""The application before the move: Flask, Flask-SQLAlchemy and Flask-JWT-Extended, as the tutorials build it."""

from datetime import timedelta
from uuid import uuid4

from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)
from flask_sqlalchemy import SQLAlchemy
from werkzeug.security import check_password_hash, generate_password_hash

db = SQLAlchemy()
jwt = JWTManager()


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.String(), primary_key=True, default=lambda: str(uuid4()))
    username = db.Column(db.String(), nullable=False, unique=True)
    email = db.Column(db.String(), nullable=False)
    password = db.Column(db.Text, nullable=False)

    def set_password(self, password, *method):
        self.password = generate_password_hash(password, *method)

    def check_password(self, password):
        return check_password_hash(self.password, password)


class TokenBlocklist(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    jti = db.Column(db.String(36), nullable=False)


@jwt.token_in_blocklist_loader
def is_revoked(_header, claims):
    return TokenBlocklist.query.filter_by(jti=claims["jti"]).first() is not None


def create_app(database_url: str, secret: str) -> Flask:
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=database_url,
        JWT_SECRET_KEY=secret,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(hours=1),
        JWT_REFRESH_TOKEN_EXPIRES=timedelta(days=30),
    )
    db.init_app(app)
    jwt.init_app(app)

    @app.post("/auth/register")
    def register():
        data = request.get_json()
        if User.query.filter_by(username=data["username"]).first():
            return jsonify(error="user already exists"), 409
        user = User(username=data["username"], email=data["email"])
        user.set_password(data["password"])
        db.session.add(user)
        db.session.commit()
        return jsonify(message="User created"), 201

    @app.post("/auth/login")
    def login():
        data = request.get_json()
        user = User.query.filter_by(username=data["username"]).first()
        if not user or not user.check_password(data["password"]):
            return jsonify(error="invalid username or password"), 401
        access = create_access_token(identity=user.username, fresh=True)
        return jsonify(access=access, refresh=create_refresh_token(identity=user.username))

    @app.post("/auth/refresh")
    @jwt_required(refresh=True)
    def refresh():
        return jsonify(access=create_access_token(identity=get_jwt_identity(), fresh=False))

    @app.post("/auth/logout")
    @jwt_required(verify_type=False)
    def logout():
        db.session.add(TokenBlocklist(jti=get_jwt()["jti"]))
        db.session.commit()
        return jsonify(message="signed out")

    return app
