// One process, or one primary with WORKERS of them behind one port.
import cluster from 'node:cluster'
import { serve } from './server.mjs'

const workers = Number(process.env.WORKERS ?? 1)
if (workers > 1 && cluster.isPrimary) {
  for (let count = 0; count < workers; count++) cluster.fork()
  cluster.on('exit', () => process.exit(1))
  process.on('SIGTERM', () => process.exit(0))
} else {
  await serve()
}
