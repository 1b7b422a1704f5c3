import type { TranslationBundle } from '@jupyterlab/translation'
import type { RecordedState } from '../../../kernel/cluster/record/read.ts'

/** A state in the user's language. Each word stands here as it is, since that is where translators' tools look. */
export function stateWord(trans: Pick<TranslationBundle, '__'>, state: RecordedState): string {
  switch (state) {
    case 'waiting': return trans.__('waiting')
    case 'ready': return trans.__('ready')
    case 'running': return trans.__('running')
    case 'backing-off': return trans.__('to be retried')
    case 'succeeded': return trans.__('succeeded')
    case 'failed': return trans.__('failed')
    case 'cancelled': return trans.__('cancelled')
    case 'skipped': return trans.__('skipped')
  }
}
