/**
 * The process in which plans are made and ends are forecast: the kernel itself never plans, so that it answers at once
 * whatever there is to plan. It gives way to whoever wants the processor, and ends when the kernel does.
 */
import { Socket } from 'node:net'
import { constants, setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { Channel } from '../../channel.ts'
import type { FromPlanner, ToPlanner } from './messages.ts'
import { Work } from './work.ts'

process.title = 'sluice planner'
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // It plans all the same.
}
const hear = (messages: ToPlanner[]): void => messages.forEach((message) => work.hear(message))
const channel = new Channel<ToPlanner, FromPlanner>(new Socket({ fd: 3 }), hear, () => process.exit(0))
const work = new Work((message) => channel.send(message), () => performance.now())
