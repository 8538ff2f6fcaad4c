//! Fixed RSA keys. They are public, and so worth nothing: they exist to be used in tests.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;

use crate::{Jwk, JwkSet, KeySet, VerifyingKey};

/// An RSA key for tests, with its private half. **Anyone can sign with it.**
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestKey {
    pkcs8: &'static str,
    modulus: &'static str,
}

impl TestKey {
    /// A key of 2048 bits.
    pub const FIRST: Self = Self { pkcs8: FIRST.0, modulus: FIRST.1 };
    /// Another key of 2048 bits.
    pub const SECOND: Self = Self { pkcs8: SECOND.0, modulus: SECOND.1 };
    /// A third key of 2048 bits.
    pub const THIRD: Self = Self { pkcs8: THIRD.0, modulus: THIRD.1 };
    /// A key of 3072 bits.
    pub const STRONG: Self = Self { pkcs8: STRONG.0, modulus: STRONG.1 };

    /// The public half as a JWK.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        Jwk::rsa(&self.modulus(), &[1, 0, 1])
    }

    /// The key's id, its RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> String {
        self.jwk().kid.unwrap_or_default()
    }

    /// The public half, ready to verify with.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::from_jwk(&self.jwk()).expect("the embedded keys are fit")
    }

    /// The private half as PKCS#8 DER (RFC 5958).
    #[must_use]
    pub fn pkcs8_der(&self) -> Vec<u8> {
        STANDARD.decode(self.pkcs8).expect("the embedded keys are base64")
    }

    /// The private half as PKCS#8 PEM (RFC 7468).
    #[must_use]
    pub fn private_pem(&self) -> String {
        pem("PRIVATE KEY", self.pkcs8)
    }

    /// The public half as an X.509 SubjectPublicKeyInfo in DER (RFC 5280 §4.1).
    #[must_use]
    pub fn public_der(&self) -> Vec<u8> {
        let key = RsaPublicKeyComponents { n: self.modulus(), e: vec![1, 0, 1] };
        let der: PublicKeyX509Der<'_> = key.as_der().expect("the embedded keys are fit");
        der.as_ref().to_vec()
    }

    /// The same as PEM (RFC 7468).
    #[must_use]
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &STANDARD.encode(self.public_der()))
    }

    pub(super) fn encoding_key(&self) -> EncodingKey {
        EncodingKey::from_rsa_pem(self.private_pem().as_bytes()).expect("the embedded keys are fit")
    }

    fn modulus(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(self.modulus).expect("the embedded keys are base64url")
    }
}

/// The public halves of `keys` as a JWK Set document.
#[must_use]
pub fn jwk_set(keys: &[TestKey]) -> JwkSet {
    JwkSet { keys: keys.iter().map(TestKey::jwk).collect() }
}

/// The public halves of `keys`, ready to verify with.
#[must_use]
pub fn key_set(keys: &[TestKey]) -> KeySet {
    KeySet::from_keys(keys.iter().map(TestKey::verifying_key))
}

fn pem(label: &str, base64: &str) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

// PKCS#8 in base64, and the modulus in base64url.

const FIRST: (&str, &str) = (
    "MIIEpAIBAAKCAQEA5IKZ8h4It2t1vaH0CN3DR5oNy844Iqs4WWllnEphTLvYUNquBRSzj/s1XJLNvm8Q91U6MbKv5NA/\
    ozSwSmu38vGGprSnSPhLM2O7r0t2nw7uHLmupQGjPtNcZXjbpm859bBVlMbqvvQgihCecCZVhU2sS3awcd9sQ2EAk/0W\
    6ww6noGOTUALfeuQ/5M1MnAf+A9hzzX9I8K3JbKdpVU+Eu4XCDLrzMPOKbGJLokNE5ROqfX8BeMJUQMjbRqGBHZdTQ6r\
    4BOxYLrzCirMzIf0dnFGegtFKbT5zhj5pUjCc9aYBIctnu7/LN4tAt50SF7j2kcxAi/YScYAPKtv6KRq4QIDAQABAoIB\
    AAGLbHT5hP+QZ2RXwumIbjh+rxcwlqqNU70u/DPZQN0e6/Bn+gMox6nyfcLZbzCZWZkCZ3lMhunaCoQU6BgosD6hKVLZ\
    J8RTgVaglvUxYmTi2fMxwh91amATV62L6pguakrh3UI7Mf0Gc23bfOavK6bSBpcf/0NVykqOTk2xyUTfdgSlC5JC93Q6\
    kmVEtaxuhyHP0a3CSJswpXNlBmPoHmO1c2Vs5EwWUlDw1+QB/WmOZoqzB8m1/ptGly2Ue4IYJ7muU50RlfS6hP8jZKyp\
    liJZNYIyd5o+nz7CY63ARlgTqaSNGEnsfagnStfCrvbDJzB0d+/GqVHVb+iQMuiTyi0CgYEA9+UP/CIpgS4lb36S7Jjr\
    zy6jtlsUIMIbW4VF8jWGE6vPOfxRqc9JEnRm7zIgycURJ19MFZgN2ax8jIQv2UZi+vLsN7JGX1SSg8gCO7rN42wy0aBz\
    fMtC/2xJio2L03Oo4Jtt4xVJUWD1bAg6HNL/mTRFLWd4EHD6hI6lLXZlGh8CgYEA6/tI/qHR7+e9rgVGPYnMOXmznvv0\
    k0uMZ70LIfD1tllYA0IItrvSVm2K1+esNbMr1lS8HFI4Zc6Y0cE9QqhPlnSv3R/RWfTEnteahFLgUvSqBj2UbmLwQBW9\
    2C91OMQTS805Kr5ch9yyb3e8xZNaslCt/tcMrGaD+agvBCov2v8CgYEAnnUJdr3PkgeRXmemOx60/UZu1434m8f3/NSA\
    FYcpIUHdwM8M1GLv7qABfDyqwM77XBOKavM7Rzz+kEOe4mAfvRGy9Rc77Iv+68XZx5xtJ0ZuZZkOuWKkfOkXST2Zd5yj\
    Ao/X+iQNLbuwpVHM88fcIm5LGe7dzISrXjhgVWMs1TkCgYACZ8FKtyOIqngIeg1JO0pVm6P1DuRjS/XWaNrgMbCPd0Gq\
    ZtXn5uox71Pm93mN4pGj0aFJOJ1SjFSKbsnNECIfinjwbA6aOCB47gGpL58RuWSyQ5ZruZ5xSMdymKk9NuJrd2AJy37t\
    85XuBO5rpSDbiG79lfuPFkxqEwjHphZuyQKBgQDijJgfnlgF/PHsOlglcUNyPf0wNbvgdOSMe7GT7rpkQbIZv8ZOrJvs\
    Cl+VDfcO5SINazj69ccNMtqNQPQVFl60Y+XEUGCJkHtFkSUQLPtkVkte8jlwTynHauuy/aEk3nzlIYth7IT2SuaVbRc2\
    o+iJnCJs575a+3XGwNuHXtoAfQ==",
    "5IKZ8h4It2t1vaH0CN3DR5oNy844Iqs4WWllnEphTLvYUNquBRSzj_s1XJLNvm8Q91U6MbKv5NA_ozSwSmu38vGGprSn\
    SPhLM2O7r0t2nw7uHLmupQGjPtNcZXjbpm859bBVlMbqvvQgihCecCZVhU2sS3awcd9sQ2EAk_0W6ww6noGOTUALfeuQ\
    _5M1MnAf-A9hzzX9I8K3JbKdpVU-Eu4XCDLrzMPOKbGJLokNE5ROqfX8BeMJUQMjbRqGBHZdTQ6r4BOxYLrzCirMzIf0\
    dnFGegtFKbT5zhj5pUjCc9aYBIctnu7_LN4tAt50SF7j2kcxAi_YScYAPKtv6KRq4Q",
);

const SECOND: (&str, &str) = (
    "MIIEowIBAAKCAQEAtSHqxfsg+RO9FqUNjdcFq/WQ1ssOjeb0XNd4u75c96GeuVsRXJbqA1Eu3IBqAc9iaRmC3qRvD72k\
    6mtqCHfLhyDwYMetd3xRSqJ0TlQtNde2gpDV0Vc/jldgCGuOl5yOEvMrrwzxZoxDTfOCOCfTl3hRnKXCFoQizcBNb97Q\
    VGlX/JsX/jNogvkyiEdfZJdCUH2mtHU+2xrTTFgVs+KMnlcTXitCdDitHD87hxXx8HIJ1IZWeAYIovHeIrXC0dmmnFyP\
    lcYBQGKYoof1HCV6AdopsXaakCNRRIRkF5E11dX4bJOmVxPxd+MqX1qMZ/MjonKzzYepbhchVZdToCWiKwIDAQABAoIB\
    ABaIywXTzF0F0Pce6aTFJMt+mC+2FhrJVOAICS6HlwFSdhtmnQOr3XPe3GRKWuXcFcja3Pvd8S3q0Lg+oh5o6O/oGn+v\
    19Y5p9NlNUWuwJZ7k7/X96ySR4c/Ojn8nOzNE/p/jju6Ryi+4ntcLs3VsUPy5Wmw+t3aP9+LwRaIiIU3sEm7E4ggR3mT\
    hrlGzlJBT7XhCf+zjW3Cz+mwox5LuWgWa0Gk2nRzNZi11bbtKsvGTyxaULzs7cU1vz5E8vcmfm++vl+nhaUubRvujf4V\
    efU3Edf1/m0NuJMFcPGBUQ/lZ9G3OKG4QXU0pKmpbW5ErdBIWIUJu5GvU+OlWQRH94ECgYEA2OlcXYLGQAXwVh9RBU2G\
    tEzyOiUc0SDSzv+1EWh5OKikivHNoeL71rznNB3DBk0EsGANj1V2/VBtPMuWcI2Egpc28ndAcg5b4d1s3WG5FjbNCQSC\
    duJraDvBpnpVE3mdwLQt1O/jQs08vNbh8YuaztRN5psHnl76k42hiikhs5sCgYEA1cX7yioXDk6OBZRJIVSolf5Udcno\
    HPjcX4F+fFpZ+R7Fj1Q04+LSGlzO2OsN9TIblGZmiFzID/xgZ0YpScPuUGjfV0GWGMf7VrN91Pn9crzpJ2eBhhbrL00P\
    0FxQ8aJOf5ZEQLuE0DzbntxNLaV6fWzd+9/UzJ2m8xU+nCiSnLECgYBospLbq/CnHHa6CxmfVqFLS8yrVhiHtLEsKu6p\
    /WRtfbEWQ8p+dkIaj0mFtUvaMbiurV4+LgFmGbjwXFA7+YLZScXC2N6pbtbYuXj/jli5KTBkRuH2Iim3wQgio++Gm/AS\
    AKYSnstyBgBoIcwjO8A4Tu9e/Lt7rNqD+BvdxSa4OwKBgQCw9bpQCPWa/0Yrsiuzbqw7thReiSwex5dNbBmzgOuYAHQU\
    COXbe0jnT8pe4H1mavtPplDcMsneCdIXy4mkKZAeeiHfzkgc7XbOt7jDU8oNb/olh1Y+FLzNJCKiHblXvT7z+QU4/MGd\
    y7MV11IAJkq2hydfOFOkqiCoev6gMCnlkQKBgB/vqTJEaSI/xMZHIugX8mric0S12yJYjErliBLGspAf/nG6DSvM6mqd\
    +zYeC1mWoFYv2kV3K6qRkvJlIa9mllJSnu8t/GQ9QJG72fn3c4TBnNn/WMozDZ3L/ZRKMLVRZd+OTKtyzb/cYW1OUct1\
    MRsIybwM11qKaQ+G4jqDa12I",
    "tSHqxfsg-RO9FqUNjdcFq_WQ1ssOjeb0XNd4u75c96GeuVsRXJbqA1Eu3IBqAc9iaRmC3qRvD72k6mtqCHfLhyDwYMet\
    d3xRSqJ0TlQtNde2gpDV0Vc_jldgCGuOl5yOEvMrrwzxZoxDTfOCOCfTl3hRnKXCFoQizcBNb97QVGlX_JsX_jNogvky\
    iEdfZJdCUH2mtHU-2xrTTFgVs-KMnlcTXitCdDitHD87hxXx8HIJ1IZWeAYIovHeIrXC0dmmnFyPlcYBQGKYoof1HCV6\
    AdopsXaakCNRRIRkF5E11dX4bJOmVxPxd-MqX1qMZ_MjonKzzYepbhchVZdToCWiKw",
);

const THIRD: (&str, &str) = (
    "MIIEpAIBAAKCAQEAykEkAEl6yu8syQINISkwjgcxTGbAFXM1QTBoo1s/kGCFPjqESZu1jCA9eVq7SyVL/D0iSqqMm0eX\
    QLtb4vwRL6Mb3xC2l6mt2SQnkK0+WZTYrU7n2EukxyNqmtSpEhMS7UfYtfuGFPUVZxHn6QWgUalpQX1K5nflm1GvK6UK\
    XwFO7ZFGnCC26qSt5RykQnNfl08UM5DzxSmmxXUyQJS5MO5SIfksVv/mfv4258QuHkxuNnFme24XxWXwyHVubMYRV7Dh\
    hs6gaYi0SJ9joCNUdO5TBS/4x5rwuuZprY4LtI8l0f20GuvFyTe8MOHHEYERtCg4lrH9CD8ygzZHEF3bTQIDAQABAoIB\
    AC0+11PtHDgru0QYXmGNulv7he7GibACvuYfczkgH58nyIb8Rj3FRJ7dU4NDZeTQqif6cSJs9tmB8Xc8sriblSin/4Mu\
    VPqmrcqGyQcXinw1zScwILOFcI5QAPg0HMJ7W9+TFAraAsvLbAdLvSqm5I+AK5jH86qNJeNSKbLE0AYieeq7PHtMA1M8\
    yV93LOXQcG4aGM4W6YrmLdDwozhYl3cRHHfYCSnWvbw32/e5V+UBYKR6aGRv5uwjzPEyHMZ4bV1km5NkLLe5Js4hHRNZ\
    RdiqE+ZfXFtvFsqh4B7SHO6cybHNi2I48bSXORABcHUARtJrfwH9Vvk/zrZtwdaAtC0CgYEA6+5TvCA+ptX/HmNayLfu\
    5svSGqaC8zmT6J35FSjFvngXiwRDzU3YXd8nJJlamyZeyHuuQWDTAAr5Fo/v3mrwSNTFsW99kpS/WTU3wIttD+qnB0zg\
    //5RzmUkBta++F22I1Gww2fWO/NqTqC8ja5M72T1ez4y6OpPtwF4RaNQDYcCgYEA23V31yojW3BwU/Emld7m6hMElLD6\
    PgwWYpXMHlVCEe8dtrQGISwu9lEhtxz9075n89GnNYmnjcQNHFjFk30/erT/h+Lv5cJidvBp8DeBmd/kfWyk50+kfNd8\
    LbWuRSTGCpxAfLDX5rzDo2Rp37dRwF/Q2Br5ZURIx7ih3ur+JYsCgYEAlzwMnPkmcBeZE8eoeCW/lF5u7fpy0qrD70bk\
    VfXu3CtrHAe91qrh2Tqkgsdy1yV/eJAfoXUJjGt8REQ8BJ0ULfuGRjkri3yiM/LzLA+z95H5Q6q6SB6kHeOjdmbNv7OC\
    f51r67ZyE7fzGzfZ5hAm7QYQfdHfHIKmWq8sg6cuN50CgYBJhAZLO8BwZzAZzpTAa9Uq4IgOT2Lk2iO9jrS8DI9/dnyb\
    sZ7ECgsJVJBYyQt2nTgxgy/iTWSlpuFFd69oAvL65hsbqDf43a8ibNLwN4fgxhHCulxbaGCPuZfNsCja3MDC2Sj5HDyW\
    /PEEkSSuXriyGubZHeAhvkgrL3x6MnpElQKBgQDUBoVBNLkOyg9p7lCQHLhaRVYhI37hHrdrHE2QGDpnlNxyWuhr4LVU\
    BboNVGK6jD3lN72HyQvhoFkvAVctxx7tqQnYIl1gsZyfWkQjJSzma/6acnJlVbE+BmsPGge6R1pA1r+D0vbXo/vmF8BZ\
    hIQpkkOH63hNiY1Q4iMI+Q5RIw==",
    "ykEkAEl6yu8syQINISkwjgcxTGbAFXM1QTBoo1s_kGCFPjqESZu1jCA9eVq7SyVL_D0iSqqMm0eXQLtb4vwRL6Mb3xC2\
    l6mt2SQnkK0-WZTYrU7n2EukxyNqmtSpEhMS7UfYtfuGFPUVZxHn6QWgUalpQX1K5nflm1GvK6UKXwFO7ZFGnCC26qSt\
    5RykQnNfl08UM5DzxSmmxXUyQJS5MO5SIfksVv_mfv4258QuHkxuNnFme24XxWXwyHVubMYRV7Dhhs6gaYi0SJ9joCNU\
    dO5TBS_4x5rwuuZprY4LtI8l0f20GuvFyTe8MOHHEYERtCg4lrH9CD8ygzZHEF3bTQ",
);

const STRONG: (&str, &str) = (
    "MIIG5AIBAAKCAYEAv9MD05k+P1PmS9qlO+p0LRJs59C+h3cBz8DwzSXwVPNgZv5S+GT7I1yyefP9aXMeL0BAYYHIckTi\
    qCloLpnoRa88y/+Z3C6chLWxhcYvA+NdHSjLrpTPusFKfVcqjIEVs22YtOB4c9o2hpqGW8g2x0CBRLLni9Qd6Olamgc9\
    7NHlSiJPdmDlvBDKN1T1sGd5gSvVqJsxWDfi+QRqK3jUGyJtxrrvS3BaTb9iz0YyxoPO8uE3hCO4yshG9fo4e/YFugGB\
    8kJonZA6zRVmLQr4vxEhQ6zyK0SWiEnO/nVFO/Xzm3FnGaPFF0K3SZIsOtOIGZb32WueTgobPHyMwHxZslEhHd98I7+/\
    J3JexIyb3lEavk2BQyICYjYIwGBHYPaxX2BOLzbDB9nXi6c6Ga3vXLtAkpy+n46yrjstTnd8uQlyH/4rr+EuVlwWC4rw\
    iQ/tT5gCFdugcBIsvNRrQ2xm+A1RDVqUztX4RtSPVH8W8dRJzW2EhJ1AmmeLr9jst3CfAgMBAAECggGAPLDHsif28NRb\
    tb4sryNDtIry1/lMftGhShjyVwXc3xPNeWiX2a0hZBPNCBaxI67favW6KN+GCtlOmQPYyX26ZmnGI4jwJiC9NqPB0eBd\
    Oa6y5CnnH4pHmv/S0ItGlAO3WPig6wFmOslcnQPA5MMYybvX6mNsLOpkuC80ki0eY5IZKHZoi7ymkvUA9ba0sSZb5Al5\
    ZQoM96te7Yh/CtgEy7z93HWChmy6tYSK/6dnIzXKwT+OcAlZSxdIlEShoF667Wnq+AOspyyiyBQynB5V7XTPqvcqGk87\
    VqvD9kNyeRPeZib/wyHtPmp9OVZahWuQ795Cxqolp0o6pCUY3dnXrjc59tnQnHwFwJaw2iqNSqn7MO0kV7jq9htdKFP/\
    w1fGUW7uxS3mZ/gd72lWo1cYR+3zTWI7eVC0MocLKlSCDCkH98HQ+yCR3X3YYAxd8Nfi1/NrTg9CymcSVlARAQXvLaEi\
    Moa+d+gZnshd+1/EpEVUGnBrhD0IlBDYH22OFA2ZAoHBAP/+lqTe0xGoOO1rXCqsi2+5Tsomp6pjet/+tjjgamvgUlMt\
    cMPgIPI1QfMZpt3o18qK+cEkcZgB8xqU2fukVtgbidfAgB6X6wi/lpznXWpC1pBgA/Lo43p5/wHqwXHc+jRan1DIav6r\
    CNey3qxBHkiCdMC27oeVfQuh6/n68FI0nfJKZiz5s9XcyXB/splrGizOTpaz5Sf9CDrJE0LtAgXc6dLgOnxEUstlnzk1\
    F9hSemcPEJ89to/5TVLKFh5vAwKBwQC/1BKZ8Lfx8dXjLuOL9NdRTzDKaDb0FApvf8uR+A9wQsZCVZgCAszSTH2TK5fS\
    zENY+IbhUDh1lfRfS0IvEyGB6PFpwU68ihCiQTpMRZqj6zq5KjSFe1NKR0nWWODyTcivUmAo9Qv/LQffPLfRjoCE7ZrA\
    bvgps1Xq9QqLhJTJ9Wi4G0xbqTQ556Ol7782Gy4Un5wLkyI3dC/8OvvvRnzkD6NrtAjg48eYq2Nf5n9m0d8CKP5wEIAp\
    mYonZ7ArJzUCgcEAo3p1wXv61n/TOusgxK/Dq+lvA3GECS/WPE1xGQlXbOSoLi4KoUv0Pjj8kL6E7ZnQlKwDqvAXCrfU\
    A9mjCyx7uS587KcmKmNh2QhgqnqmEUH1u+VVID7RZlmaHCNKvegccGqe6vvSOCgJUZYM1XwQVsXYwWkREszIOjGBfPZf\
    ml+3rg8NCRO9YInKqmkiKQ9Ye9yUG3Fumgbgxom6Hzcz34KgX+aJ8um+5d1TvTjGrYKeYEoil07V00OluYUMcwr5AoHB\
    AK/VzCsxfNsY6w7wxwFeMBRG+5k9R8oZqKslwEsPz87+Vk8tuEV3nZnTJXRGjEdclwsx3Ckh6G7YQoUrLgKKjbdP+CIR\
    YIPwJmkkUzTgxGwmzdA3AKeuMN2wVN1W4PMaG6+hWaWRYSrJcyLMvE4pSmMOjUCBN5a53TKe5MiYge5Rtmi0FR0cD1RY\
    oSgUh/gnl+itmVL+zml4ZhfVVWOx//7o2sp5332NLUMjLtcUKInuLHYFb5z3cxMuu3V9VP1pVQKBwEfN/OpMNJKz/C6Q\
    xuFV6wLkswNZcdi6Qv/3leT9c7aLnFnMoaKh611zwvPI6SvdL0Wwfv54dGVlIqo0F0ORqreMX8LmhcKMCfDqBRIIN+ws\
    Dxk3tpzYQ1TWm79DeyUUO+/L1pJ0J7k4u4LgISZiZXqFHz62FqC5xxnDyp1eUgwizHbK9AIVsEFNuakia8cBdl1FW6Zv\
    GccORM8yWmRmAXmmGqBb8FaRORRTHUyDOMccbvl7mFAmaf/Vcuu5nqLV6A==",
    "v9MD05k-P1PmS9qlO-p0LRJs59C-h3cBz8DwzSXwVPNgZv5S-GT7I1yyefP9aXMeL0BAYYHIckTiqCloLpnoRa88y_-Z\
    3C6chLWxhcYvA-NdHSjLrpTPusFKfVcqjIEVs22YtOB4c9o2hpqGW8g2x0CBRLLni9Qd6Olamgc97NHlSiJPdmDlvBDK\
    N1T1sGd5gSvVqJsxWDfi-QRqK3jUGyJtxrrvS3BaTb9iz0YyxoPO8uE3hCO4yshG9fo4e_YFugGB8kJonZA6zRVmLQr4\
    vxEhQ6zyK0SWiEnO_nVFO_Xzm3FnGaPFF0K3SZIsOtOIGZb32WueTgobPHyMwHxZslEhHd98I7-_J3JexIyb3lEavk2B\
    QyICYjYIwGBHYPaxX2BOLzbDB9nXi6c6Ga3vXLtAkpy-n46yrjstTnd8uQlyH_4rr-EuVlwWC4rwiQ_tT5gCFdugcBIs\
    vNRrQ2xm-A1RDVqUztX4RtSPVH8W8dRJzW2EhJ1AmmeLr9jst3Cf",
);
