/** What the processes and threads of the local backend say to each other. Frames of tasks and records are in frames.ts. */
import type { Input } from '../backend.ts'
import type { CodeId, HandleRef, TaskError, Wire } from '../../travel/declaration.ts'

/** What a node process is told on its standard input, one line of JSON, before it connects. */
export interface NodeConfiguration {
  /** 256 random bits, hex: proves to every other process of this cluster that one belongs to it. */
  readonly token: string
  /** The kernel's socket, and the folder it is in. */
  readonly socket: string
  readonly runtimeDirectory: string
  /** Every node's name and socket for values; a node's number is its place here. */
  readonly nodes: readonly { readonly name: string; readonly socket: string }[]
  readonly number: number
  /** Which process of that name this is, from 1. */
  readonly incarnation: number
  readonly slots: number
  /** Bytes the node may use. */
  readonly memory: number
  /** The notebook's folder. */
  readonly directory: string
}

/** What whoever connects is: a node or a slot, to the kernel; a reader of values, to a node. */
export type Hello =
  | { readonly role: 'node'; readonly number: number; readonly incarnation: number }
  | { readonly role: 'slot'; readonly number: number; readonly incarnation: number; readonly slot: number; readonly generation: number }
  | { readonly role: 'reader' }

/** A run as a node gets it. */
export interface RunMessage {
  readonly code: CodeId
  /** Absent when this node already has this code. */
  readonly bundle?: Uint8Array
  readonly handles: readonly { readonly ref: HandleRef; readonly values: readonly Input[]; readonly shape: 'single' | 'array' }[]
  readonly seed: number
}

/** `generation` counts the threads of a slot: what concerns a thread that is no more is dropped. */
export type ToNode =
  /**
   * This slot is about to get tasks of a run. A run has a context for each set of values that its captured handles have had;
   * tasks name theirs by its number. `run` absent: the node has it.
   */
  | { readonly type: 'run'; readonly context: number; readonly slot: number; readonly run?: RunMessage }
  | { readonly type: 'forget'; readonly contexts: readonly number[]; readonly codes: readonly CodeId[] }
  | { readonly type: 'recall' | 'cancel'; readonly slot: number; readonly generation: number; readonly positions: readonly number[]; readonly force: boolean }
  /** Replace the idle slot's thread by one that may use `memory` bytes. */
  | { readonly type: 'resize'; readonly slot: number; readonly generation: number; readonly memory: number }
  | { readonly type: 'release'; readonly tasks: readonly number[] }
  /** Tasks are coming: watch the slots. */
  | { readonly type: 'busy' }

export type SlotEnd =
  | { readonly kind: 'forced' }
  | { readonly kind: 'resized' }
  /** `own`: the task used more than it may; otherwise the node as a whole, `used` of `limit` bytes. */
  | { readonly kind: 'memory'; readonly own: boolean; readonly used: number; readonly limit: number }
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'uncaught'; readonly error: TaskError }

export type FromNode =
  /** Of a recall or cancel: these had not begun, and never will. */
  | { readonly type: 'taken'; readonly slot: number; readonly generation: number; readonly positions: readonly number[]; readonly recalled: boolean }
  /** Records that the slot could not send itself. */
  | { readonly type: 'frame'; readonly slot: number; readonly generation: number; readonly frame: Uint8Array }
  /** The thread is gone; `position` (its low 30 bits) was running. `abandoned`: it is caught in native code, and its socket will not close by itself. */
  | { readonly type: 'slot-ended'; readonly slot: number; readonly generation: number; readonly position: number | undefined; readonly end: SlotEnd; readonly frame: Uint8Array | undefined; readonly abandoned: boolean }
  | { readonly type: 'copied'; readonly task: number }
  /** Bytes are those exchanged with other nodes. */
  | { readonly type: 'sample'; readonly cpu: number; readonly memory: number; readonly bytesIn: number; readonly bytesOut: number }

/** A run as a slot gets it: everything at hand, in memory that the node's threads share. */
export interface SlotRun {
  /** The context's number. */
  readonly run: number
  readonly code: CodeId
  readonly bundle: Uint8Array
  readonly handles: readonly { readonly ref: HandleRef; readonly values: readonly Wire[]; readonly shape: 'single' | 'array' }[]
  readonly seed: number
  /** Results that the body captured and no node has any more: its tasks cannot begin. */
  readonly lost: readonly number[]
}

export type ToSlot =
  | { readonly type: 'run'; readonly run: SlotRun }
  | { readonly type: 'forget'; readonly contexts: readonly number[] }
  | { readonly type: 'abort'; readonly position: number }
  /** Answer to `want`; `value` absent: no node has it. */
  | { readonly type: 'value'; readonly task: number; readonly value: KeptValue | undefined }
  /** Answer to `keep`. */
  | { readonly type: 'kept'; readonly task: number }

export type FromSlot =
  | { readonly type: 'want'; readonly task: number; readonly holders: readonly number[] }
  /** The node keeps the value when the thread is gone. */
  | { readonly type: 'keep'; readonly task: number; readonly value: KeptValue }

/** A value in memory that the threads of its node share. `text`: the bytes are a string's UTF-8 rather than an encoding. */
export interface KeptValue {
  readonly bytes: Uint8Array
  readonly text: boolean
}

/** What a slot's thread is started with. */
export interface SlotConfiguration {
  readonly node: NodeConfiguration
  readonly slot: number
  readonly generation: number
  readonly memory: SharedArrayBuffer
}

/** Values between nodes, and from nodes to the kernel. */
export type ValueRequest = { readonly id: number; readonly task: number }
export type ValueReply =
  | { readonly id: number; readonly type: 'value'; readonly size: number; readonly text: boolean }
  | { readonly id: number; readonly type: 'part'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly type: 'absent' }
