"""Hostile tokens, each a name and the text that goes into the Authorization header."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forge:
    """Signs whatever it is told with the issuer's own key."""

    def __init__(self, key: rsa.RSAPrivateKey, kid: str, issuer: str):
        self.key, self.kid, self.issuer = key, kid, issuer
        self.stranger = rsa.generate_private_key(65537, 2048)

    def header(self, **changes: object) -> dict:
        return without_none({"alg": "RS256", "typ": "at+jwt", "kid": self.kid} | changes)

    def claims(self, **changes: object) -> dict:
        now = int(time.time())
        good = {
            "iss": self.issuer, "sub": str(uuid.uuid4()), "aud": ["auth-service", "users-api"],
            "exp": now + 300, "iat": now, "jti": str(uuid.uuid4()), "sid": str(uuid.uuid4()),
            "client_id": "first-party", "scope": "users:read", "fresh": False, "auth_time": now,
            "preferred_username": "ana",
        }
        return without_none(good | changes)

    def token(self, header: dict | str | None = None, claims: dict | str | None = None, **how: object) -> str:
        head, body = as_json(header or self.header()), as_json(claims or self.claims())
        return self.signed(f"{b64(head)}.{b64(body)}", **how)

    def signed(self, content: str, key=None, hash_=None, pss: bool = False) -> str:
        algorithm = hash_ or hashes.SHA256()
        pad = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size) if pss else padding.PKCS1v15()
        signature = (key or self.key).sign(content.encode("latin-1"), pad, algorithm)
        return f"{content}.{b64(signature)}"

    def mac(self, secret: bytes, **header: object) -> str:
        content = f"{b64(as_json(self.header(alg='HS256', **header)))}.{b64(as_json(self.claims()))}"
        return f"{content}.{b64(hmac.new(secret, content.encode(), hashlib.sha256).digest())}"

    def public(self, encoding, form) -> bytes:
        return self.key.public_key().public_bytes(encoding, form)


def without_none(members: dict) -> dict:
    return {name: value for name, value in members.items() if value is not None}


def as_json(value: dict | str) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def cases(forge: Forge) -> Iterator[tuple[str, str]]:
    yield from algorithms(forge)
    yield from headers(forge)
    yield from claims(forge)
    yield from shapes(forge)


def algorithms(f: Forge) -> Iterator[tuple[str, str]]:
    spki, pkcs1 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    for alg in ("none", "None", "NONE", "nOnE", ""):
        content = f"{b64(as_json(f.header(alg=alg)))}.{b64(as_json(f.claims()))}"
        yield f"alg {alg!r}, unsigned", f"{content}."
        yield f"alg {alg!r}, signed", f.signed(content)
    for name, secret in (
        ("PEM", f.public(pem, spki)), ("PEM, stripped", f.public(pem, spki).strip()),
        ("PKCS1 PEM", f.public(pem, pkcs1)), ("DER", f.public(der, spki)), ("empty", b""),
    ):
        yield f"HS256 keyed with the public key as {name}", f.mac(secret)
    yield "RS384", f.token(f.header(alg="RS384"), hash_=hashes.SHA384())
    yield "RS512", f.token(f.header(alg="RS512"), hash_=hashes.SHA512())
    yield "PS256", f.token(f.header(alg="PS256"), pss=True)
    yield "PS256 called RS256", f.token(pss=True)
    yield "SHA-384 called RS256", f.token(hash_=hashes.SHA384())
    yield "rs256", f.token(f.header(alg="rs256"))
    for alg in (None, 256, ["RS256"], True):
        yield f"alg {alg!r}", f.token(f.header(alg=alg))


def headers(f: Forge) -> Iterator[tuple[str, str]]:
    stranger = f.stranger.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": b64(stranger.n.to_bytes(256, "big")), "e": "AQAB"}
    yield "another key under our kid", f.token(key=f.stranger)
    yield "embedded jwk", f.token(f.header(jwk=jwk), key=f.stranger)
    yield "embedded jwk, no kid", f.token(f.header(jwk=jwk, kid=None), key=f.stranger)
    yield "jku", f.token(f.header(jku="http://127.0.0.1:1/jwks.json"), key=f.stranger)
    yield "x5u", f.token(f.header(x5u="http://127.0.0.1:1/x"), key=f.stranger)
    yield "x5c", f.token(f.header(x5c=["AAAA"]), key=f.stranger)
    for kid in ("", "../../keys", "x' OR 1=1 --", "a\0b", "a\r\nb", "x" * 5_000, 1, None, ["a"], "unknown"):
        yield f"kid {str(kid)[:20]!r}", f.token(f.header(kid=kid))
    for crit in ([], ["exp"], ["b64"], ["unknown"], "exp"):
        yield f"crit {crit!r}", f.token(f.header(crit=crit))
    yield "b64 false", f.token(f.header(b64=False, crit=["b64"]))
    yield "duplicate alg", f.token(f'{{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"{f.kid}"}}')
    for typ in (None, "JWT", "refresh+jwt", "at", 1):
        yield f"typ {typ!r}", f.token(f.header(typ=typ))


def claims(f: Forge) -> Iterator[tuple[str, str]]:
    now = int(time.time())
    wrong = [None, 1, True, [], {}, ""]
    for name in ("iss", "sub", "aud", "jti", "client_id", "scope"):
        for value in wrong:
            yield f"{name} = {value!r}", f.token(claims=f.claims(**{name: value}))
    for name in ("exp", "iat"):
        for value in (None, "soon", str(now + 300), True, [now + 300], {}, 1e300, -1):
            yield f"{name} = {value!r}", f.token(claims=f.claims(**{name: value}))
    yield "exp NaN", f.token(claims=json.dumps(f.claims(exp=float("nan"))))
    yield "exp infinite", f.token(claims=json.dumps(f.claims(exp=float("inf"))))
    yield "expired a minute ago", f.token(claims=f.claims(exp=now - 60, iat=now - 600))
    yield "nbf in an hour", f.token(claims=f.claims(nbf=now + 3_600))
    yield "nbf as text", f.token(claims=f.claims(nbf=str(now)))
    yield "iat in an hour", f.token(claims=f.claims(iat=now + 3_600))
    for iss in ([f.issuer], f.issuer + "/", f.issuer.upper(), "http://evil"):
        yield f"iss {iss!r}", f.token(claims=f.claims(iss=iss))
    for aud in ("other", ["other"], ["users-api", 1], [["users-api"]], {"users-api": 1}, "users-api ", "USERS-API"):
        yield f"aud {aud!r}", f.token(claims=f.claims(aud=aud))
    doubled = json.dumps(f.claims(exp=1))[:-1] + f',"exp":{now + 300}}}'
    yield "duplicate exp, the good one last", f.token(claims=doubled)
    yield "claims that are an array", f.token(claims="[]")
    yield "claims that are no JSON", f.token(claims="{")
    yield "claims that are empty", f.token(claims="{}")


def shapes(f: Forge) -> Iterator[tuple[str, str]]:
    good = f.token()
    head, body, signature = good.split(".")
    yield "padded", f"{good}=="
    yield "padded header", f.signed(f"{head}=.{body}")
    yield "four parts", f"{good}.{signature}"
    yield "five parts", f"{head}.{body}.{signature}.{head}.{head}"
    yield "two parts", f"{head}.{body}"
    yield "no signature", f"{head}.{body}."
    yield "no payload", f"{head}..{signature}"
    yield "dots", ".."
    yield "a space inside", f"{head}. {body}.{signature}"
    yield "a flipped signature bit", f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    yield "a cut signature", f"{head}.{body}.{signature[:-4]}"
    yield "a longer signature", f"{head}.{body}.{b64(base64.urlsafe_b64decode(signature + '==') + bytes(1))}"
    yield "another last character", f"{head}.{body}.{signature[:-1]}{'B' if signature[-1] != 'B' else 'C'}"
    yield "JSON serialization", json.dumps({"protected": head, "payload": body, "signature": signature})
    yield "too long", f.token(claims=f.claims(note="x" * 9_000))
