// Signs and verifies with jose and keys that are kept; the claims of auth-service.
import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SignJWT, calculateJwkThumbprint, exportJWK, importPKCS8, importSPKI, jwtVerify } from 'jose'

export const ACCESS_SECONDS = 15 * 60
const AUDIENCES = ['auth-service', 'users-api']

export async function loadTokens(file, issuer) {
  const pem = readFileSync(file, 'utf8')
  const spki = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' })
  const privateKey = await importPKCS8(pem, 'RS256')
  const publicKey = await importSPKI(spki, 'RS256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)

  const sign = (typ, claims) =>
    new SignJWT({ iss: issuer, ...claims }).setProtectedHeader({ alg: 'RS256', typ, kid }).sign(privateKey)
  const rules = { issuer, algorithms: ['RS256'], requiredClaims: ['sub', 'jti', 'exp', 'iat'] }
  const accessRules = { ...rules, typ: 'at+jwt', audience: 'users-api' }
  const refreshRules = { ...rules, typ: 'refresh+jwt', audience: 'auth-service' }

  return {
    keySet: { keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] },
    verifyAccess: async (token) => (await jwtVerify(token, publicKey, accessRules)).payload,
    verifyRefresh: async (token) => (await jwtVerify(token, publicKey, refreshRules)).payload,
    access: (user, session, fresh, now) =>
      sign('at+jwt', {
        sub: user.id,
        aud: AUDIENCES,
        exp: Math.min(session.expires_at, now + ACCESS_SECONDS),
        iat: now,
        jti: randomUUID(),
        sid: session.id,
        client_id: 'first-party',
        scope: user.scope,
        fresh,
        auth_time: session.auth_time,
        preferred_username: user.username,
      }),
    refresh: (user, session) =>
      sign('refresh+jwt', {
        sub: user.id,
        aud: 'auth-service',
        exp: session.refresh_expires_at,
        iat: session.rotated_at,
        jti: session.current_jti,
        sid: session.id,
      }),
  }
}
