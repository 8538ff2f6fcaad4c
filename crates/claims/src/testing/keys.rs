//! Fixed RSA keys for tests. They are public, so they protect nothing.

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
        VerifyingKey::from_jwk(&self.jwk()).expect("the embedded keys are usable")
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
        let der: PublicKeyX509Der<'_> = key.as_der().expect("the embedded keys are usable");
        der.as_ref().to_vec()
    }

    /// The same as PEM (RFC 7468).
    #[must_use]
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &STANDARD.encode(self.public_der()))
    }

    pub(super) fn encoding_key(&self) -> EncodingKey {
        EncodingKey::from_rsa_pem(self.private_pem().as_bytes())
            .expect("the embedded keys are usable")
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
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDkgpnyHgi3a3W9ofQI3cNHmg3LzjgiqzhZaWWcSmFM\
    u9hQ2q4FFLOP+zVcks2+bxD3VToxsq/k0D+jNLBKa7fy8YamtKdI+EszY7uvS3afDu4cua6lAaM+01xleNumbzn1sFWU\
    xuq+9CCKEJ5wJlWFTaxLdrBx32xDYQCT/RbrDDqegY5NQAt965D/kzUycB/4D2HPNf0jwrclsp2lVT4S7hcIMuvMw84p\
    sYkuiQ0TlE6p9fwF4wlRAyNtGoYEdl1NDqvgE7FguvMKKszMh/R2cUZ6C0UptPnOGPmlSMJz1pgEhy2e7v8s3i0C3nRI\
    XuPaRzECL9hJxgA8q2/opGrhAgMBAAECggEAAYtsdPmE/5BnZFfC6YhuOH6vFzCWqo1TvS78M9lA3R7r8Gf6AyjHqfJ9\
    wtlvMJlZmQJneUyG6doKhBToGCiwPqEpUtknxFOBVqCW9TFiZOLZ8zHCH3VqYBNXrYvqmC5qSuHdQjsx/QZzbdt85q8r\
    ptIGlx//Q1XKSo5OTbHJRN92BKULkkL3dDqSZUS1rG6HIc/RrcJImzClc2UGY+geY7VzZWzkTBZSUPDX5AH9aY5mirMH\
    ybX+m0aXLZR7ghgnua5TnRGV9LqE/yNkrKmWIlk1gjJ3mj6fPsJjrcBGWBOppI0YSex9qCdK18Ku9sMnMHR378apUdVv\
    6JAy6JPKLQKBgQD35Q/8IimBLiVvfpLsmOvPLqO2WxQgwhtbhUXyNYYTq885/FGpz0kSdGbvMiDJxREnX0wVmA3ZrHyM\
    hC/ZRmL68uw3skZfVJKDyAI7us3jbDLRoHN8y0L/bEmKjYvTc6jgm23jFUlRYPVsCDoc0v+ZNEUtZ3gQcPqEjqUtdmUa\
    HwKBgQDr+0j+odHv572uBUY9icw5ebOe+/STS4xnvQsh8PW2WVgDQgi2u9JWbYrX56w1syvWVLwcUjhlzpjRwT1CqE+W\
    dK/dH9FZ9MSe15qEUuBS9KoGPZRuYvBAFb3YL3U4xBNLzTkqvlyH3LJvd7zFk1qyUK3+1wysZoP5qC8EKi/a/wKBgQCe\
    dQl2vc+SB5FeZ6Y7HrT9Rm7Xjfibx/f81IAVhykhQd3AzwzUYu/uoAF8PKrAzvtcE4pq8ztHPP6QQ57iYB+9EbL1Fzvs\
    i/7rxdnHnG0nRm5lmQ65YqR86RdJPZl3nKMCj9f6JA0tu7ClUczzx9wibksZ7t3MhKteOGBVYyzVOQKBgAJnwUq3I4iq\
    eAh6DUk7SlWbo/UO5GNL9dZo2uAxsI93Qapm1efm6jHvU+b3eY3ikaPRoUk4nVKMVIpuyc0QIh+KePBsDpo4IHjuAakv\
    nxG5ZLJDlmu5nnFIx3KYqT024mt3YAnLfu3zle4E7mulINuIbv2V+48WTGoTCMemFm7JAoGBAOKMmB+eWAX88ew6WCVx\
    Q3I9/TA1u+B05Ix7sZPuumRBshm/xk6sm+wKX5UN9w7lIg1rOPr1xw0y2o1A9BUWXrRj5cRQYImQe0WRJRAs+2RWS17y\
    OXBPKcdq67L9oSTefOUhi2HshPZK5pVtFzaj6ImcImznvlr7dcbA24de2gB9",
    "5IKZ8h4It2t1vaH0CN3DR5oNy844Iqs4WWllnEphTLvYUNquBRSzj_s1XJLNvm8Q91U6MbKv5NA_ozSwSmu38vGGprSn\
    SPhLM2O7r0t2nw7uHLmupQGjPtNcZXjbpm859bBVlMbqvvQgihCecCZVhU2sS3awcd9sQ2EAk_0W6ww6noGOTUALfeuQ\
    _5M1MnAf-A9hzzX9I8K3JbKdpVU-Eu4XCDLrzMPOKbGJLokNE5ROqfX8BeMJUQMjbRqGBHZdTQ6r4BOxYLrzCirMzIf0\
    dnFGegtFKbT5zhj5pUjCc9aYBIctnu7_LN4tAt50SF7j2kcxAi_YScYAPKtv6KRq4Q",
);

const SECOND: (&str, &str) = (
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC1IerF+yD5E70WpQ2N1wWr9ZDWyw6N5vRc13i7vlz3\
    oZ65WxFcluoDUS7cgGoBz2JpGYLepG8PvaTqa2oId8uHIPBgx613fFFKonROVC0117aCkNXRVz+OV2AIa46XnI4S8yuv\
    DPFmjENN84I4J9OXeFGcpcIWhCLNwE1v3tBUaVf8mxf+M2iC+TKIR19kl0JQfaa0dT7bGtNMWBWz4oyeVxNeK0J0OK0c\
    PzuHFfHwcgnUhlZ4Bgii8d4itcLR2aacXI+VxgFAYpiih/UcJXoB2imxdpqQI1FEhGQXkTXV1fhsk6ZXE/F34ypfWoxn\
    8yOicrPNh6luFyFVl1OgJaIrAgMBAAECggEAFojLBdPMXQXQ9x7ppMUky36YL7YWGslU4AgJLoeXAVJ2G2adA6vdc97c\
    ZEpa5dwVyNrc+93xLerQuD6iHmjo7+gaf6/X1jmn02U1Ra7AlnuTv9f3rJJHhz86Ofyc7M0T+n+OO7pHKL7ie1wuzdWx\
    Q/LlabD63do/34vBFoiIhTewSbsTiCBHeZOGuUbOUkFPteEJ/7ONbcLP6bCjHku5aBZrQaTadHM1mLXVtu0qy8ZPLFpQ\
    vOztxTW/PkTy9yZ+b76+X6eFpS5tG+6N/hV59TcR1/X+bQ24kwVw8YFRD+Vn0bc4obhBdTSkqaltbkSt0EhYhQm7ka9T\
    46VZBEf3gQKBgQDY6VxdgsZABfBWH1EFTYa0TPI6JRzRINLO/7URaHk4qKSK8c2h4vvWvOc0HcMGTQSwYA2PVXb9UG08\
    y5ZwjYSClzbyd0ByDlvh3WzdYbkWNs0JBIJ24mtoO8GmelUTeZ3AtC3U7+NCzTy81uHxi5rO1E3mmweeXvqTjaGKKSGz\
    mwKBgQDVxfvKKhcOTo4FlEkhVKiV/lR1yegc+NxfgX58Wln5HsWPVDTj4tIaXM7Y6w31MhuUZmaIXMgP/GBnRilJw+5Q\
    aN9XQZYYx/tWs33U+f1yvOknZ4GGFusvTQ/QXFDxok5/lkRAu4TQPNue3E0tpXp9bN3739TMnabzFT6cKJKcsQKBgGiy\
    ktur8KccdroLGZ9WoUtLzKtWGIe0sSwq7qn9ZG19sRZDyn52QhqPSYW1S9oxuK6tXj4uAWYZuPBcUDv5gtlJxcLY3qlu\
    1ti5eP+OWLkpMGRG4fYiKbfBCCKj74ab8BIAphKey3IGAGghzCM7wDhO7178u3us2oP4G93FJrg7AoGBALD1ulAI9Zr/\
    RiuyK7NurDu2FF6JLB7Hl01sGbOA65gAdBQI5dt7SOdPyl7gfWZq+0+mUNwyyd4J0hfLiaQpkB56Id/OSBztds63uMNT\
    yg1v+iWHVj4UvM0kIqIduVe9PvP5BTj8wZ3LsxXXUgAmSraHJ184U6SqIKh6/qAwKeWRAoGAH++pMkRpIj/Exkci6Bfy\
    auJzRLXbIliMSuWIEsaykB/+cboNK8zqap37Nh4LWZagVi/aRXcrqpGS8mUhr2aWUlKe7y38ZD1AkbvZ+fdzhMGc2f9Y\
    yjMNncv9lEowtVFl345Mq3LNv9xhbU5Ry3UxGwjJvAzXWoppD4biOoNrXYg=",
    "tSHqxfsg-RO9FqUNjdcFq_WQ1ssOjeb0XNd4u75c96GeuVsRXJbqA1Eu3IBqAc9iaRmC3qRvD72k6mtqCHfLhyDwYMet\
    d3xRSqJ0TlQtNde2gpDV0Vc_jldgCGuOl5yOEvMrrwzxZoxDTfOCOCfTl3hRnKXCFoQizcBNb97QVGlX_JsX_jNogvky\
    iEdfZJdCUH2mtHU-2xrTTFgVs-KMnlcTXitCdDitHD87hxXx8HIJ1IZWeAYIovHeIrXC0dmmnFyPlcYBQGKYoof1HCV6\
    AdopsXaakCNRRIRkF5E11dX4bJOmVxPxd-MqX1qMZ_MjonKzzYepbhchVZdToCWiKw",
);

const THIRD: (&str, &str) = (
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDKQSQASXrK7yzJAg0hKTCOBzFMZsAVczVBMGijWz+Q\
    YIU+OoRJm7WMID15WrtLJUv8PSJKqoybR5dAu1vi/BEvoxvfELaXqa3ZJCeQrT5ZlNitTufYS6THI2qa1KkSExLtR9i1\
    +4YU9RVnEefpBaBRqWlBfUrmd+WbUa8rpQpfAU7tkUacILbqpK3lHKRCc1+XTxQzkPPFKabFdTJAlLkw7lIh+SxW/+Z+\
    /jbnxC4eTG42cWZ7bhfFZfDIdW5sxhFXsOGGzqBpiLRIn2OgI1R07lMFL/jHmvC65mmtjgu0jyXR/bQa68XJN7ww4ccR\
    gRG0KDiWsf0IPzKDNkcQXdtNAgMBAAECggEALT7XU+0cOCu7RBheYY26W/uF7saJsAK+5h9zOSAfnyfIhvxGPcVEnt1T\
    g0Nl5NCqJ/pxImz22YHxdzyyuJuVKKf/gy5U+qatyobJBxeKfDXNJzAgs4VwjlAA+DQcwntb35MUCtoCy8tsB0u9Kqbk\
    j4ArmMfzqo0l41IpssTQBiJ56rs8e0wDUzzJX3cs5dBwbhoYzhbpiuYt0PCjOFiXdxEcd9gJKda9vDfb97lX5QFgpHpo\
    ZG/m7CPM8TIcxnhtXWSbk2Qst7kmziEdE1lF2KoT5l9cW28WyqHgHtIc7pzJsc2LYjjxtJc5EAFwdQBG0mt/Af1W+T/O\
    tm3B1oC0LQKBgQDr7lO8ID6m1f8eY1rIt+7my9IapoLzOZPonfkVKMW+eBeLBEPNTdhd3yckmVqbJl7Ie65BYNMACvkW\
    j+/eavBI1MWxb32SlL9ZNTfAi20P6qcHTOD//lHOZSQG1r74XbYjUbDDZ9Y782pOoLyNrkzvZPV7PjLo6k+3AXhFo1AN\
    hwKBgQDbdXfXKiNbcHBT8SaV3ubqEwSUsPo+DBZilcweVUIR7x22tAYhLC72USG3HP3Tvmfz0ac1iaeNxA0cWMWTfT96\
    tP+H4u/lwmJ28GnwN4GZ3+R9bKTnT6R813wtta5FJMYKnEB8sNfmvMOjZGnft1HAX9DYGvllREjHuKHe6v4liwKBgQCX\
    PAyc+SZwF5kTx6h4Jb+UXm7t+nLSqsPvRuRV9e7cK2scB73WquHZOqSCx3LXJX94kB+hdQmMa3xERDwEnRQt+4ZGOSuL\
    fKIz8vMsD7P3kflDqrpIHqQd46N2Zs2/s4J/nWvrtnITt/MbN9nmECbtBhB90d8cgqZaryyDpy43nQKBgEmEBks7wHBn\
    MBnOlMBr1SrgiA5PYuTaI72OtLwMj392fJuxnsQKCwlUkFjJC3adODGDL+JNZKWm4UV3r2gC8vrmGxuoN/jdryJs0vA3\
    h+DGEcK6XFtoYI+5l82wKNrcwMLZKPkcPJb88QSRJK5euLIa5tkd4CG+SCsvfHoyekSVAoGBANQGhUE0uQ7KD2nuUJAc\
    uFpFViEjfuEet2scTZAYOmeU3HJa6GvgtVQFug1UYrqMPeU3vYfJC+GgWS8BVy3HHu2pCdgiXWCxnJ9aRCMlLOZr/ppy\
    cmVVsT4Gaw8aB7pHWkDWv4PS9tej++YXwFmEhCmSQ4freE2JjVDiIwj5DlEj",
    "ykEkAEl6yu8syQINISkwjgcxTGbAFXM1QTBoo1s_kGCFPjqESZu1jCA9eVq7SyVL_D0iSqqMm0eXQLtb4vwRL6Mb3xC2\
    l6mt2SQnkK0-WZTYrU7n2EukxyNqmtSpEhMS7UfYtfuGFPUVZxHn6QWgUalpQX1K5nflm1GvK6UKXwFO7ZFGnCC26qSt\
    5RykQnNfl08UM5DzxSmmxXUyQJS5MO5SIfksVv_mfv4258QuHkxuNnFme24XxWXwyHVubMYRV7Dhhs6gaYi0SJ9joCNU\
    dO5TBS_4x5rwuuZprY4LtI8l0f20GuvFyTe8MOHHEYERtCg4lrH9CD8ygzZHEF3bTQ",
);

const STRONG: (&str, &str) = (
    "MIIG/gIBADANBgkqhkiG9w0BAQEFAASCBugwggbkAgEAAoIBgQC/0wPTmT4/U+ZL2qU76nQtEmzn0L6HdwHPwPDNJfBU\
    82Bm/lL4ZPsjXLJ58/1pcx4vQEBhgchyROKoKWgumehFrzzL/5ncLpyEtbGFxi8D410dKMuulM+6wUp9VyqMgRWzbZi0\
    4Hhz2jaGmoZbyDbHQIFEsueL1B3o6VqaBz3s0eVKIk92YOW8EMo3VPWwZ3mBK9WomzFYN+L5BGoreNQbIm3Guu9LcFpN\
    v2LPRjLGg87y4TeEI7jKyEb1+jh79gW6AYHyQmidkDrNFWYtCvi/ESFDrPIrRJaISc7+dUU79fObcWcZo8UXQrdJkiw6\
    04gZlvfZa55OChs8fIzAfFmyUSEd33wjv78ncl7EjJveURq+TYFDIgJiNgjAYEdg9rFfYE4vNsMH2deLpzoZre9cu0CS\
    nL6fjrKuOy1Od3y5CXIf/iuv4S5WXBYLivCJD+1PmAIV26BwEiy81GtDbGb4DVENWpTO1fhG1I9Ufxbx1EnNbYSEnUCa\
    Z4uv2Oy3cJ8CAwEAAQKCAYA8sMeyJ/bw1Fu1viyvI0O0ivLX+Ux+0aFKGPJXBdzfE815aJfZrSFkE80IFrEjrt9q9boo\
    34YK2U6ZA9jJfbpmacYjiPAmIL02o8HR4F05rrLkKecfikea/9LQi0aUA7dY+KDrAWY6yVydA8DkwxjJu9fqY2ws6mS4\
    LzSSLR5jkhkodmiLvKaS9QD1trSxJlvkCXllCgz3q17tiH8K2ATLvP3cdYKGbLq1hIr/p2cjNcrBP45wCVlLF0iURKGg\
    Xrrtaer4A6ynLKLIFDKcHlXtdM+q9yoaTztWq8P2Q3J5E95mJv/DIe0+an05VlqFa5Dv3kLGqiWnSjqkJRjd2deuNzn2\
    2dCcfAXAlrDaKo1Kqfsw7SRXuOr2G10oU//DV8ZRbu7FLeZn+B3vaVajVxhH7fNNYjt5ULQyhwsqVIIMKQf3wdD7IJHd\
    fdhgDF3w1+LX82tOD0LKZxJWUBEBBe8toSIyhr536BmeyF37X8SkRVQacGuEPQiUENgfbY4UDZkCgcEA//6WpN7TEag4\
    7WtcKqyLb7lOyianqmN63/62OOBqa+BSUy1ww+Ag8jVB8xmm3ejXyor5wSRxmAHzGpTZ+6RW2BuJ18CAHpfrCL+WnOdd\
    akLWkGAD8ujjenn/AerBcdz6NFqfUMhq/qsI17LerEEeSIJ0wLbuh5V9C6Hr+frwUjSd8kpmLPmz1dzJcH+ymWsaLM5O\
    lrPlJ/0IOskTQu0CBdzp0uA6fERSy2WfOTUX2FJ6Zw8Qnz22j/lNUsoWHm8DAoHBAL/UEpnwt/Hx1eMu44v011FPMMpo\
    NvQUCm9/y5H4D3BCxkJVmAICzNJMfZMrl9LMQ1j4huFQOHWV9F9LQi8TIYHo8WnBTryKEKJBOkxFmqPrOrkqNIV7U0pH\
    SdZY4PJNyK9SYCj1C/8tB988t9GOgITtmsBu+CmzVer1CouElMn1aLgbTFupNDnno6XvvzYbLhSfnAuTIjd0L/w6++9G\
    fOQPo2u0CODjx5irY1/mf2bR3wIo/nAQgCmZiidnsCsnNQKBwQCjenXBe/rWf9M66yDEr8Or6W8DcYQJL9Y8TXEZCVds\
    5KguLgqhS/Q+OPyQvoTtmdCUrAOq8BcKt9QD2aMLLHu5LnzspyYqY2HZCGCqeqYRQfW75VUgPtFmWZocI0q96Bxwap7q\
    +9I4KAlRlgzVfBBWxdjBaRESzMg6MYF89l+aX7euDw0JE71gicqqaSIpD1h73JQbcW6aBuDGibofNzPfgqBf5ony6b7l\
    3VO9OMatgp5gSiKXTtXTQ6W5hQxzCvkCgcEAr9XMKzF82xjrDvDHAV4wFEb7mT1HyhmoqyXASw/Pzv5WTy24RXedmdMl\
    dEaMR1yXCzHcKSHobthChSsuAoqNt0/4IhFgg/AmaSRTNODEbCbN0DcAp64w3bBU3Vbg8xobr6FZpZFhKslzIsy8TilK\
    Yw6NQIE3lrndMp7kyJiB7lG2aLQVHRwPVFihKBSH+CeX6K2ZUv7OaXhmF9VVY7H//ujaynnffY0tQyMu1xQoie4sdgVv\
    nPdzEy67dX1U/WlVAoHAR8386kw0krP8LpDG4VXrAuSzA1lx2LpC//eV5P1ztoucWcyhoqHrXXPC88jpK90vRbB+/nh0\
    ZWUiqjQXQ5Gqt4xfwuaFwowJ8OoFEgg37CwPGTe2nNhDVNabv0N7JRQ778vWknQnuTi7guAhJmJleoUfPrYWoLnHGcPK\
    nV5SDCLMdsr0AhWwQU25qSJrxwF2XUVbpm8Zxw5EzzJaZGYBeaYaoFvwVpE5FFMdTIM4xxxu+XuYUCZp/9Vy67meotXo",
    "v9MD05k-P1PmS9qlO-p0LRJs59C-h3cBz8DwzSXwVPNgZv5S-GT7I1yyefP9aXMeL0BAYYHIckTiqCloLpnoRa88y_-Z\
    3C6chLWxhcYvA-NdHSjLrpTPusFKfVcqjIEVs22YtOB4c9o2hpqGW8g2x0CBRLLni9Qd6Olamgc97NHlSiJPdmDlvBDK\
    N1T1sGd5gSvVqJsxWDfi-QRqK3jUGyJtxrrvS3BaTb9iz0YyxoPO8uE3hCO4yshG9fo4e_YFugGB8kJonZA6zRVmLQr4\
    vxEhQ6zyK0SWiEnO_nVFO_Xzm3FnGaPFF0K3SZIsOtOIGZb32WueTgobPHyMwHxZslEhHd98I7-_J3JexIyb3lEavk2B\
    QyICYjYIwGBHYPaxX2BOLzbDB9nXi6c6Ga3vXLtAkpy-n46yrjstTnd8uQlyH_4rr-EuVlwWC4rwiQ_tT5gCFdugcBIs\
    vNRrQ2xm-A1RDVqUztX4RtSPVH8W8dRJzW2EhJ1AmmeLr9jst3Cf",
);
