"""The tutorials' own service: Flask, flask-jwt-extended and Flask-SQLAlchemy, as they are taught.

Passwords are hashed with what werkzeug's generate_password_hash takes by default, refresh is stateless. Tokens are
signed with RS256, as everybody's here. Kinder than the tutorials: there are indexes for user names and for the order.
"""

import os
import pathlib

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from flask import Flask, jsonify, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, get_jwt_identity, jwt_required
from flask_sqlalchemy import SQLAlchemy
from werkzeug.security import check_password_hash

private_pem = pathlib.Path(os.environ["KEY"]).read_text()
public_key = load_pem_private_key(private_pem.encode(), None).public_key()

app = Flask(__name__)
app.config.update(
    SQLALCHEMY_DATABASE_URI=os.environ["DATABASE"],
    JWT_ALGORITHM="RS256",
    JWT_PRIVATE_KEY=private_pem,
    JWT_PUBLIC_KEY=public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
)
db = SQLAlchemy(app)
JWTManager(app)
KEY_SET = {"keys": [jwt.algorithms.RSAAlgorithm.to_jwk(public_key, as_dict=True)]}


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.String(), primary_key=True)
    username = db.Column(db.String(), nullable=False, index=True)
    email = db.Column(db.String(), nullable=False)
    password = db.Column(db.Text(), nullable=False)
    created_at = db.Column(db.String(), nullable=False)

    def shown(self):
        return {"id": self.id, "username": self.username, "email": self.email, "created_at": self.created_at}


@app.post("/api/auth/login")
def login():
    data = request.get_json()
    user = User.query.filter_by(username=data["username"]).first()
    if user is None or not check_password_hash(user.password, data["password"]):
        return jsonify(error="invalid_credentials"), 401
    return jsonify(
        access_token=create_access_token(identity=user.id, fresh=True),
        refresh_token=create_refresh_token(identity=user.id),
    )


@app.post("/api/auth/refresh")
@jwt_required(refresh=True)
def refresh():
    return jsonify(access_token=create_access_token(identity=get_jwt_identity(), fresh=False))


@app.get("/api/users")
@jwt_required()
def users():
    page = request.args.get("page", default=1, type=int)
    per_page = request.args.get("per_page", default=20, type=int)
    found = User.query.order_by(User.created_at, User.id).paginate(page=page, per_page=per_page)
    return jsonify(
        users=[user.shown() for user in found.items],
        page=page,
        per_page=per_page,
        total=found.total,
        pages=found.pages,
    )


@app.get("/.well-known/jwks.json")
def jwks():
    return jsonify(KEY_SET)


@app.get("/readyz")
def readyz():
    return jsonify(users=User.query.limit(1).count())
