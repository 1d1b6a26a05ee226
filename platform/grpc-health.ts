import { once } from 'node:events'
import { fault } from '#kernel/fault.ts'
import { type GrpcService, reading, watching } from '#kernel/grpc.ts'

interface Asked {
  /** Empty for the whole server. */
  service: string
}

/** `grpc.health.v1.Health`: whether a service is served here, for load balancers. Needs no key, as `/healthz`. */
export function health(services: readonly string[]): GrpcService {
  const isKnown = ({ service }: Asked) => service === '' || services.includes(service)
  const check = reading<Asked>(({ request }) => {
    if (!isKnown(request)) throw fault('missing', 'grpc/unknown-service', 'There is no such service here')
    return { status: 'SERVING' }
  })
  const watch = watching<Asked>(async function* ({ request, signal }) {
    yield { status: isKnown(request) ? 'SERVING' : 'SERVICE_UNKNOWN' }
    // It is served until we close, and then the stream ends: that says it.
    await once(signal, 'abort')
  })
  return {
    proto: 'grpc/health/v1/health.proto',
    service: 'grpc.health.v1.Health',
    methods: { Check: { ...check, access: 'public' }, Watch: { ...watch, access: 'public' } },
  }
}
