// better-sqlite3 with the settings of auth-service's connections.
import Database from 'better-sqlite3'

export function openSqlite(file) {
  const database = new Database(file)
  for (const pragma of ['busy_timeout = 2000', 'foreign_keys = ON', 'synchronous = FULL', 'temp_store = MEMORY',
    'cache_size = -8000', 'journal_mode = WAL']) {
    database.pragma(pragma)
  }
  const statements = new Map()
  const prepared = (sql) => {
    if (!statements.has(sql)) statements.set(sql, database.prepare(sql))
    return statements.get(sql)
  }
  return {
    one: (sql, values) => prepared(sql).get(values),
    all: (sql, values) => prepared(sql).all(values),
    run: (sql, values) => prepared(sql).run(values).changes,
  }
}
