// Pages of users: by number with totals, by cursor with the keyset query of users-api.

// As in users-api: exact while users are few, otherwise cached and counted again in the background.
const COUNTED_EACH_TIME = 12000
const COUNT_AGAIN_MS = 5000

export function pages(store) {
  let last = null

  async function count() {
    const at = Date.now()
    last = { total: await store.count(), at, counting: false }
    return last.total
  }

  async function total() {
    if (last === null || last.total <= COUNTED_EACH_TIME) return count()
    if (Date.now() - last.at > COUNT_AGAIN_MS && !last.counting) {
      last.counting = true
      setImmediate(count)
    }
    return last.total
  }

  return async function list({ page, per_page, cursor }, seesEmails, own) {
    const shown = (row) => ({
      id: row.id,
      username: row.username,
      email: seesEmails || row.id === own ? row.email : null,
      created_at: rfc3339(row.created_at),
    })
    if (cursor !== undefined) {
      const [rows, next_cursor] = cut(await store.pageAfter(place(cursor), per_page + 1), per_page)
      return { users: rows.map(shown), per_page, next_cursor }
    }
    const number = page ?? 1
    const [found, all] = await Promise.all([store.pageAtOffset((number - 1) * per_page, per_page + 1), total()])
    const [rows, next_cursor] = cut(found, per_page)
    return { users: rows.map(shown), page: number, per_page, total: all, pages: Math.ceil(all / per_page), next_cursor }
  }
}

function cut(rows, size) {
  const last = rows[size - 1]
  const more = rows.length > size
  const next = more ? Buffer.from(`${last.created_at}:${last.id}`).toString('base64url') : null
  return [rows.slice(0, size), next]
}

function place(cursor) {
  const [created_at, id] = Buffer.from(cursor, 'base64url').toString().split(':')
  return { created_at: Number(created_at), id }
}

function rfc3339(micros) {
  const milliseconds = Math.floor(micros / 1000)
  const rest = String(micros - milliseconds * 1000).padStart(3, '0')
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`
}

const user = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    username: { type: 'string' },
    email: { type: ['string', 'null'] },
    created_at: { type: 'string' },
  },
}

// With a schema fastify writes JSON faster.
export const pageSchema = {
  type: 'object',
  properties: {
    users: { type: 'array', items: user },
    page: { type: 'integer' },
    per_page: { type: 'integer' },
    total: { type: 'integer' },
    pages: { type: 'integer' },
    next_cursor: { type: ['string', 'null'] },
  },
}
