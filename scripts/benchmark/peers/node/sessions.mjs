// Login and refresh, with auth-service's rules: one row a session, rotation by compare and swap, ten seconds of
// grace for the token just replaced, and reuse of an older one ends the session.
import { randomUUID } from 'node:crypto'
import { hashSync, verify } from '@node-rs/argon2'
import { ACCESS_SECONDS } from './tokens.mjs'

const SESSION_SECONDS = 30 * 24 * 3600
const IDLE_SECONDS = 7 * 24 * 3600
const GRACE_SECONDS = 10
const DECOY = hashSync('nobody', { memoryCost: 19456, timeCost: 2, parallelism: 1 })

export function sessions(store, tokens) {
  const seconds = () => Math.floor(Date.now() / 1000)

  async function tokenResponse(user, session, fresh, now) {
    const [access, refresh] = await Promise.all([
      tokens.access(user, session, fresh, now),
      tokens.refresh(user, session),
    ])
    return {
      access_token: access,
      token_type: 'Bearer',
      expires_in: Math.min(session.expires_at - now, ACCESS_SECONDS),
      refresh_token: refresh,
      refresh_expires_in: session.refresh_expires_at - now,
      scope: user.scope,
      user_id: user.id,
      session_id: session.id,
    }
  }

  async function login({ username, password }, userAgent, ip) {
    const user = await store.userByName(username.toLowerCase())
    const right = await verify(user?.password_hash ?? DECOY, password)
    if (!user || !right || user.disabled_at !== null) return { status: 401, error: 'invalid_credentials' }
    const now = seconds()
    const session = {
      id: randomUUID(),
      user_id: user.id,
      current_jti: randomUUID(),
      rotated_at: now,
      refresh_expires_at: now + IDLE_SECONDS,
      access_expires_at: now + ACCESS_SECONDS,
      auth_time: now,
      created_at: now,
      last_used_at: now,
      expires_at: now + SESSION_SECONDS,
      user_agent: userAgent ?? null,
      ip,
    }
    if (!(await store.startSession(session, user.credential_version))) {
      return { status: 401, error: 'invalid_credentials' }
    }
    return tokenResponse(user, session, true, now)
  }

  async function refresh(token) {
    const claims = await tokens.verifyRefresh(token).catch(() => null)
    if (!claims) return { status: 401, error: 'invalid_token' }
    const now = seconds()
    for (let tries = 0; tries < 8; tries++) {
      const row = await store.sessionWithUser(claims.sid)
      if (!row || row.revoked_at !== null || row.expires_at <= now || row.disabled_at !== null) break
      const user = { id: row.user_id, username: row.username, scope: row.scope }
      if (row.current_jti === claims.jti) {
        const next = {
          ...row,
          current_jti: randomUUID(),
          rotated_at: now,
          refresh_expires_at: Math.min(row.expires_at, now + IDLE_SECONDS),
          access_expires_at: Math.min(row.expires_at, now + ACCESS_SECONDS),
        }
        if (await store.rotate(next, claims.jti)) return tokenResponse(user, next, false, now)
      } else if (row.previous_jti === claims.jti && now - row.rotated_at <= GRACE_SECONDS) {
        return tokenResponse(user, row, false, now)
      } else {
        await store.revoke(row.id, now)
        break
      }
    }
    return { status: 401, error: 'token_revoked' }
  }

  return { login, refresh }
}
