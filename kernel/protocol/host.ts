import { cpus, freemem, totalmem } from 'node:os'
import type { Usage } from './interpreter.ts'
import type { Content } from './message.ts'

/** What jupyter-resource-usage shows of a kernel and its machine: the content of a usage_reply, with ipykernel's names. */
export class HostUsage {
  #last = processorTimes()

  content(usage: Usage): Content {
    const percent = this.#processorPercent()
    const total = totalmem()
    const available = freemem()
    return {
      hostname: usage.hostname,
      pid: usage.pid,
      kernel_cpu: usage.cpu,
      kernel_memory: usage.memory,
      cpu_count: cpus().length,
      // Over the time since the last request; unknown when none has passed.
      ...(percent === undefined ? {} : { host_cpu_percent: percent }),
      host_virtual_memory: {
        total,
        available,
        used: total - available,
        free: available,
        percent: Math.round(((total - available) / total) * 1000) / 10,
      },
    }
  }

  #processorPercent(): number | undefined {
    const now = processorTimes()
    const passed = now.total - this.#last.total
    const busy = now.busy - this.#last.busy
    this.#last = now
    return passed > 0 ? Math.round((busy / passed) * 1000) / 10 : undefined
  }
}

/** Of all processors together since the machine started, ms. */
function processorTimes(): { busy: number; total: number } {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { busy: total - idle, total }
}
