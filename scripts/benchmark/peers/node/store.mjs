// The same queries on either database, prepared once.
import { openPostgres } from './postgres.mjs'
import { openSqlite } from './sqlite.mjs'

export function openStore(url) {
  const { one, all, run } = url.startsWith('postgres:') ? openPostgres(url) : openSqlite(url)
  return {
    firstUser: async () => ((await one(FIRST, [])) ? 1 : 0),
    userByName: (key) => one(USER, [key]),
    startSession: async (session, version) => (await run(START, [...startValues(session), version])) === 1,
    sessionWithUser: (id) => one(SESSION, [id]),
    rotate: async (next, from) => (await run(ROTATE, rotateValues(next, from))) === 1,
    revoke: (id, now) => run(REVOKE, [now, id]),
    count: async () => Number((await one(COUNT, [])).count),
    pageAfter: ({ created_at, id }, limit) => all(AFTER, [created_at, created_at, id, limit]),
    pageAtOffset: async (offset, limit) => {
      if (offset === 0) return all(FIRST_PAGE, [limit])
      const place = await one(PLACE, [offset])
      return place ? all(AT, [place.created_at, place.created_at, place.id, limit]) : []
    },
  }
}

const LIST = 'SELECT id, username, email, created_at FROM public_users'
const ORDER = 'ORDER BY created_at, id LIMIT ?'
const FIRST = 'SELECT id FROM public_users LIMIT 1'
const COUNT = 'SELECT count(*) AS count FROM public_users'
const FIRST_PAGE = `${LIST} ${ORDER}`
const PLACE = 'SELECT created_at, id FROM public_users ORDER BY created_at, id LIMIT 1 OFFSET ?'
const AFTER = `${LIST} WHERE created_at >= ? AND (created_at > ? OR id > ?) ${ORDER}`
const AT = `${LIST} WHERE created_at >= ? AND (created_at > ? OR id >= ?) ${ORDER}`

const USER = 'SELECT * FROM users WHERE username_key = ?'
const SESSION = `SELECT s.*, u.username, u.scope, u.disabled_at
  FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?`
// One statement, so one commit and one round trip: only while the credentials are those that were checked.
const START = `INSERT INTO sessions (id, user_id, current_jti, rotated_at, refresh_expires_at, access_expires_at,
    auth_time, created_at, last_used_at, expires_at, user_agent, ip)
  SELECT ?, id, ?, ${'CAST(? AS BIGINT), '.repeat(7)}?, ? FROM users WHERE id = ? AND credential_version = ?`
const ROTATE = `UPDATE sessions SET current_jti = ?, previous_jti = ?, rotated_at = ?, refresh_expires_at = ?,
    access_expires_at = ?, last_used_at = ?
  WHERE id = ? AND current_jti = ? AND revoked_at IS NULL`
const REVOKE = 'UPDATE sessions SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL'

function startValues(s) {
  return [s.id, s.current_jti, s.rotated_at, s.refresh_expires_at, s.access_expires_at, s.auth_time, s.created_at,
    s.last_used_at, s.expires_at, s.user_agent, s.ip, s.user_id]
}

function rotateValues(next, from) {
  return [next.current_jti, from, next.rotated_at, next.refresh_expires_at, next.access_expires_at, next.rotated_at,
    next.id, from]
}
