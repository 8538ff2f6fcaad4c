"""Prints vectors of the one package that this environment has; run by `make`."""

import importlib.metadata
import importlib.util
import json
import sys
import types

# With the packages' own parameters only the first one is hashed: the test of all vectors stays short.
PASSWORDS = ["correct horse battery", "pässwörd", "cafe\u0301 corner", "tab\there", "long" * 30]
FLASK_SECURITY_SALT = "146585145368132386173505678016728509634"


def version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def show(made_by: str, password: str, made: str, **more: str) -> None:
    print(json.dumps({"made_by": made_by, "password": password, "hash": made} | more, ensure_ascii=False))


def werkzeug() -> None:
    """The module alone: packages this old cannot be imported as a whole by the Python of today."""
    name = f"werkzeug {version('werkzeug')}"
    security = old_module() if version("werkzeug").startswith("0.") else module("werkzeug.security")
    major = int(version("werkzeug").split(".")[0])
    methods = [None, "pbkdf2:sha256", "pbkdf2:sha256:1000", "pbkdf2:sha1:1000", "pbkdf2:sha512:1000"]
    methods += ["scrypt", "scrypt:1024:8:1", "scrypt:16384:8:2"] if major >= 3 else []
    methods += ["sha1", "md5", "sha256", "plain"] if major < 3 else []
    for method in methods:
        is_slow = method in [None, "pbkdf2:sha256", "scrypt", "scrypt:16384:8:2"]
        # Old versions cannot compare other plain texts.
        passwords = [text for text in PASSWORDS if text.isascii() or method != "plain"]
        for password in passwords[:1] if is_slow else passwords:
            made = security.generate_password_hash(password, *([method] if method else []))
            assert security.check_password_hash(made, password)
            show(f"{name} {method or 'default'}", password, made)


def module(name: str):
    return importlib.import_module(name)


def old_module():
    """Loads `werkzeug/security.py` beside `werkzeug/_compat.py`, without the package's own start."""
    import pathlib

    folder = pathlib.Path(importlib.util.find_spec("werkzeug").submodule_search_locations[0])
    package = types.ModuleType("werkzeug")
    package.__path__ = [str(folder)]
    sys.modules["werkzeug"] = package
    return importlib.import_module("werkzeug.security")


def django() -> None:
    from django.conf import settings

    hashers = "django.contrib.auth.hashers."
    names = ["PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "BCryptSHA256PasswordHasher"]
    names += ["BCryptPasswordHasher", "ScryptPasswordHasher", "MD5PasswordHasher"]
    old = ["SHA1PasswordHasher", "UnsaltedMD5PasswordHasher", "UnsaltedSHA1PasswordHasher"]
    names += old if version("django").startswith("4.") else []
    settings.configure(PASSWORD_HASHERS=[hashers + name for name in names])
    from django.contrib.auth import hashers as found

    # What each hasher calls the number of its rounds, or its memory.
    cheap = {"iterations": 1000, "rounds": 4, "memory_cost": 1024, "work_factor": 1024}
    for name in names:
        hasher = getattr(found, name)()
        slow = [attribute for attribute in cheap if hasattr(hasher, attribute)]
        passwords = [text for text in PASSWORDS if len(text.encode()) <= 72 or name != "BCryptPasswordHasher"]
        for password in passwords[:1] if slow else passwords:
            made = hasher.encode(password, hasher.salt())
            assert hasher.verify(password, made)
            show(f"django {version('django')} {hasher.algorithm}", password, made)
        for attribute in slow:
            setattr(hasher, attribute, cheap[attribute])
        for password in passwords if slow else []:
            made = hasher.encode(password, hasher.salt())
            assert hasher.verify(password, made)
            show(f"django {version('django')} {hasher.algorithm}, cheap", password, made)
    show(f"django {version('django')} unusable", PASSWORDS[0], found.make_password(None))


def passlib() -> None:
    from passlib import hash as found

    slow = found.sha512_crypt.hash(PASSWORDS[0])
    show(f"passlib {version('passlib')} sha512_crypt, default", PASSWORDS[0], slow)
    made_by = {
        "pbkdf2_sha256": {},
        "pbkdf2_sha512": {"rounds": 1000},
        "pbkdf2_sha1": {"rounds": 1000},
        "sha256_crypt": {"rounds": 5000},
        "sha512_crypt": {"rounds": 5000},
        "bcrypt": {"rounds": 5},
        "bcrypt_sha256": {"rounds": 5},
        "argon2": {"memory_cost": 8192},
    }
    for name, using in made_by.items():
        for password in PASSWORDS:
            made = getattr(found, name).using(**using).hash(password)
            show(f"passlib {version('passlib')} {name}", password, made)
    old = getattr(found, "bcrypt").using(rounds=5, ident="2a").hash(PASSWORDS[0])
    show(f"passlib {version('passlib')} bcrypt 2a", PASSWORDS[0], old)
    show(f"passlib {version('passlib')} bcrypt 2y", PASSWORDS[0], old.replace("$2a$", "$2y$"))


def bcrypt() -> None:
    import bcrypt as found

    for password in [*PASSWORDS, "x" * 72, "x" * 71 + "y" + "z"]:
        made = found.hashpw(password.encode()[:72], found.gensalt(4)).decode()
        show(f"bcrypt {version('bcrypt')}", password, made)


def flask_security() -> None:
    from flask import Flask
    from flask_security import Security, SQLAlchemyUserDatastore, hash_password
    from flask_security.models import fsqla_v3
    from flask_sqlalchemy import SQLAlchemy

    for scheme in ["argon2", "bcrypt", "pbkdf2_sha512"]:
        app = Flask("vectors")
        app.config.update(
            SECRET_KEY="only for vectors",
            SECURITY_PASSWORD_SALT=FLASK_SECURITY_SALT,
            SECURITY_PASSWORD_HASH=scheme,
            SQLALCHEMY_DATABASE_URI="sqlite://",
        )
        database = SQLAlchemy(app)
        fsqla_v3.FsModels.set_db_info(database)
        role = type("Role", (database.Model, fsqla_v3.FsRoleMixin), {})
        user = type("User", (database.Model, fsqla_v3.FsUserMixin), {})
        Security(app, SQLAlchemyUserDatastore(database, user, role))
        with app.app_context():
            for password in PASSWORDS[:2] if scheme == "pbkdf2_sha512" else PASSWORDS[:1]:
                made = hash_password(password)
                name = f"flask-security-too {version('flask-security-too')} {scheme}"
                show(name, password, made, flask_security_salt=FLASK_SECURITY_SALT)


if version("flask-security-too"):
    flask_security()
elif version("django"):
    django()
elif version("passlib"):
    passlib()
elif version("werkzeug"):
    werkzeug()
else:
    bcrypt()
