/** What only the kernel knows of a task: asked when its details open and when its state changes; the latest answer counts. */
import * as React from 'react'
import type { TaskDetail } from '../../../kernel/cluster/live/types.ts'
import type { RunStore } from '../run/store.ts'
import type { PaneContext } from '../view/pane.ts'

export interface Reply {
  /** The task that it is about. */
  readonly task: number
  readonly detail: TaskDetail | undefined
  readonly problem: string | undefined
  /** Another answer is on its way. */
  readonly asking: boolean
}

export interface Asked {
  readonly reply: Reply | undefined
  again(): void
}

export function useDetail({ store }: PaneContext, task: number): Asked {
  const { connection, uid } = store
  const [reply, setReply] = React.useState<Reply>()
  const [round, setRound] = React.useState(0)
  React.useEffect(() => {
    if (!connection) return
    let current = true
    const keep = (change: Partial<Reply>): void => {
      if (current) setReply((before) => ({ task, detail: before?.task === task ? before.detail : undefined, problem: undefined, asking: false, ...change }))
    }
    keep({ asking: true })
    connection.ask({ what: 'detail', uid, task }).then(
      (answer) => keep(answer.what === 'detail' ? { detail: answer } : {}),
      (error: unknown) => keep({ problem: error instanceof Error ? error.message : String(error) }),
    )
    return () => void (current = false)
  }, [connection, uid, task, store.tasks.state[task], store.tasks.attempts[task], round])
  return { reply: reply?.task === task ? reply : undefined, again: () => setRound(round + 1) }
}

/** The kernel sends the task's log and progress as long as its details are open. */
export function useLog({ store }: PaneContext, task: number): RunStore['log'] {
  const { connection, uid } = store
  React.useEffect(() => {
    connection?.follow(uid, task)
    return () => connection?.follow(uid, undefined)
  }, [connection, uid, task])
  return store.log?.task === task ? store.log : undefined
}
