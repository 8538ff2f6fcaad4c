// Verifies good and bad tokens knowing only the issuer's address; run by `with_pair`.
import assert from 'node:assert/strict'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const issuer = process.env.ISSUER
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
assert.equal(metadata.issuer, issuer)
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
const rules = { issuer, audience: 'users-api', typ: 'at+jwt', algorithms: ['RS256'] }

for (const token of ['GOOD', 'REFRESHED']) {
  const { payload } = await jwtVerify(process.env[token], keys, rules)
  assert.equal(payload.sub, process.env.SUBJECT)
}

const rejections = {
  EXPIRED: { code: 'ERR_JWT_EXPIRED' },
  TAMPERED: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
  UNSIGNED: { code: 'ERR_JOSE_ALG_NOT_ALLOWED' },
  REFRESH: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'typ' },
}
for (const [token, reason] of Object.entries(rejections)) {
  await assert.rejects(jwtVerify(process.env[token], keys, rules), reason, token)
}
// Without `typ` in the rules, the audience alone keeps a refresh token out.
const { typ, ...lax } = rules
await assert.rejects(jwtVerify(process.env.REFRESH, keys, lax), { claim: 'aud' })

console.log(
  "jose (createRemoteJWKSet), knowing only the issuer's address, accepts access tokens and refuses " +
    'expired, tampered, unsigned and refresh tokens',
)
