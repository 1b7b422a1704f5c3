import { placeEarliest } from './earliest.ts'
import { mostInputBytes } from './locality.ts'
import type { Policy } from './policy.ts'

/** Bytes that are worth a busier node: about a millisecond on a network of 125 MB/s. */
const WORTH_MOVING_FOR = 128 * 1024

/**
 * The task with the longest remaining path first: HLFET / the upward rank of HEFT without transfer times
 * (T. L. Adam, K. M. Chandy, J. R. Dickson, CACM 1974; H. Topcuoglu, S. Hariri, M.-Y. Wu, IEEE TPDS 2002). Where nodes differ in speed and
 * durations are known, where it would end first, as HEFT, even if that is busy now; otherwise on the least-loaded node, or one that holds the
 * inputs when it is no busier or they are large.
 */
export const criticalPath: Policy = {
  name: 'critical-path',
  source: 'T. L. Adam, K. M. Chandy, J. R. Dickson, A comparison of list schedules for parallel processing systems, CACM 1974',
  meaning: 'the task with the longest remaining path first, where it would end first',
  holds: 'uneven',
  rankTask: (view, task) => view.tail(task),
  rankRun: (view, run, next) => view.duration(run) + Math.max(view.runTail(run), view.tail(next)),
  place(view, task, fitting) {
    const least = fitting.leastLoaded()
    const local = mostInputBytes(view, task, fitting)
    if (view.uneven && view.known(view.spec(task).id)) return placeEarliest(view, task, fitting)
    if (local && (local.node.load <= least.load || local.bytes >= WORTH_MOVING_FOR)) return { node: local.node, reason: 'it holds the inputs' }
    return { node: least, reason: 'the least loaded node that fits' }
  },
}
