// node-postgres with a pool of as many connections as the services have, and named (prepared) statements.
import pg from 'pg'

// Whole numbers of eight bytes as numbers: all of ours are below 2^53.
pg.types.setTypeParser(20, Number)

export function openPostgres(url) {
  const pool = new pg.Pool({ connectionString: url, max: 8 })
  const statements = new Map()
  const query = (sql, values) => {
    if (!statements.has(sql)) {
      let number = 0
      statements.set(sql, { name: `s${statements.size}`, text: sql.replace(/\?/g, () => `$${++number}`) })
    }
    return pool.query({ ...statements.get(sql), values })
  }
  return {
    one: async (sql, values) => (await query(sql, values)).rows[0],
    all: async (sql, values) => (await query(sql, values)).rows,
    run: async (sql, values) => (await query(sql, values)).rowCount,
  }
}
