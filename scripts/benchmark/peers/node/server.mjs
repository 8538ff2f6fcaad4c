// The routes: sign-in, refresh with rotation, pages of users, the key set.
import fastify from 'fastify'
import pino from 'pino'
import { openStore } from './store.mjs'
import { loadTokens } from './tokens.mjs'
import { sessions } from './sessions.mjs'
import { pages, pageSchema } from './pages.mjs'

const SECONDS_TO_KEEP_KEYS = 600

export async function serve() {
  const port = Number(process.env.PORT)
  const tokens = await loadTokens(process.env.KEY, process.env.ISSUER)
  const store = openStore(process.env.DATABASE)
  const { login, refresh } = sessions(store, tokens)
  const list = pages(store)

  // One line of JSON a request, as the others write; buffered, which is pino's fastest.
  const log = pino(pino.destination({ dest: 2, sync: false, minLength: 4096 }))
  const app = fastify({ loggerInstance: log, disableRequestLogging: true })
  app.addHook('onResponse', async (request, reply) => {
    request.log.info({ method: request.method, status: reply.statusCode, ms: reply.elapsedTime }, 'answered')
  })

  app.get('/readyz', async () => ({ status: 'ready', users: await store.firstUser() }))
  app.get('/.well-known/jwks.json', async (_, reply) => {
    reply.header('cache-control', `public, max-age=${SECONDS_TO_KEEP_KEYS}`)
    return tokens.keySet
  })
  app.post('/api/auth/login', { schema: { body: loginBody } }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return answer(reply, await login(request.body, request.headers['user-agent'], request.ip))
  })
  app.post('/api/auth/refresh', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return answer(reply, await refresh(bearer(request)))
  })
  app.get('/api/users', { schema: { querystring: pageQuery, response: { 200: pageSchema } } }, async (request, reply) => {
    const caller = await tokens.verifyAccess(bearer(request)).catch(() => null)
    if (!caller) return reply.code(401).send({ error: 'invalid_token' })
    const scopes = caller.scope.split(' ')
    if (!scopes.includes('users:read')) return reply.code(403).send({ error: 'insufficient_scope' })
    reply.header('cache-control', 'no-store')
    return list(request.query, scopes.includes('users:email'), caller.sub)
  })
  await app.listen({ port, host: '127.0.0.1' })
  process.on('SIGTERM', () => process.exit(0))
}

const loginBody = {
  type: 'object',
  required: ['username', 'password'],
  properties: { username: { type: 'string' }, password: { type: 'string' } },
}

const pageQuery = {
  type: 'object',
  properties: {
    page: { type: 'integer', minimum: 1, maximum: 100000 },
    per_page: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    cursor: { type: 'string' },
  },
}

function bearer(request) {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  return scheme === 'Bearer' ? token : ''
}

function answer(reply, { status, ...body }) {
  return reply.code(status ?? 200).send(body)
}
