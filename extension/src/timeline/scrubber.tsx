/** The bar below a run's panes: shows any moment of the run, and plays it. */
import * as React from 'react'
import { count, duration } from '../../../kernel/cluster/view/amounts.ts'
import type { PaneContext } from '../view/pane.ts'
import { advanced, failuresPath, progressOf, progressPath, speedsFor } from './progress.ts'

/** Positions of the slider. */
const STEPS = 1000
/** Parts of the run's time that its background tells apart. */
const PARTS = 160
/** A replay goes on from where it was when frames come later than that, ms. */
const LATEST = 200

interface Props {
  readonly context: PaneContext
}

export function Scrubber({ context }: Props): React.ReactElement | null {
  const { store, state, trans } = context
  const { record, tasks } = store
  const bar = React.useRef<HTMLDivElement>(null)
  const [playing, setPlaying] = React.useState(false)
  const [pace, setPace] = React.useState<number | undefined>(undefined)
  const end = endOf(context)
  usePlaying(context, bar, playing, pace, () => setPlaying(false))
  const version = store.version
  const track = React.useMemo(() => {
    const progress = progressOf(tasks, end, PARTS)
    return { ended: progressPath(progress), failures: failuresPath(progress) }
  }, [tasks, version, end])
  if (tasks.length === 0) return null

  const present = state.time === undefined
  const time = state.time ?? end
  const succeeded = context.moment().counts.succeeded
  const words = trans.__('%1 of %2, %3 of %4 succeeded', duration(time), duration(end), count(succeeded), count(record.run.count))
  const play = (): void => {
    // From the beginning, if it is at the end.
    if (!playing && (present || time >= end)) state.time = 0
    setPlaying(!playing)
  }
  const back = (): void => {
    setPlaying(false)
    state.time = undefined
  }
  return (
    <div ref={bar} className="sl-Scrubber" role="group" aria-label={trans.__('Replay')} data-lm-suppress-shortcuts="true">
      <button type="button" className="sl-ScrubberButton" aria-label={playing ? trans.__('Pause') : trans.__('Play the run')} title={playing ? trans.__('Pause') : trans.__('Play the run')} onClick={play}>
        <svg viewBox="0 0 16 16" aria-hidden="true">{playing ? <path d="M4.5 3h2.6v10H4.5zM8.9 3h2.6v10H8.9z" /> : <path d="M5 2.6v10.8L13.2 8z" />}</svg>
      </button>
      <div className="sl-ScrubberTrack">
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <path className="sl-ScrubberEnded" d={track.ended} />
          {track.failures !== '' && <path className="sl-ScrubberFailed" d={track.failures} vectorEffect="non-scaling-stroke" />}
          <rect className="sl-ScrubberAhead" x={(100 * time) / end} y="0" width={Math.max(0, 100 - (100 * time) / end)} height="100" />
        </svg>
        <input
          type="range"
          min={0}
          max={STEPS}
          step={1}
          value={Math.round((STEPS * Math.min(time, end)) / end)}
          aria-label={trans.__('Moment of the run')}
          aria-valuetext={words}
          onChange={(event) => {
            setPlaying(false)
            const value = Number(event.currentTarget.value)
            state.time = value >= STEPS ? undefined : (value / STEPS) * end
          }}
          onKeyDown={(event) => {
            const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key]
            if (step === undefined || event.shiftKey) return
            // A hundredth with each press; with the shift key the slider's own steps, of a tenth of it.
            event.preventDefault()
            setPlaying(false)
            const next = time + (step * end) / 100
            state.time = next >= end ? undefined : Math.max(0, next)
          }}
        />
      </div>
      <span className="sl-ScrubberTime" aria-hidden="true">{present ? duration(end) : `${duration(time)} / ${duration(end)}`}</span>
      <select className="sl-ScrubberPace" aria-label={trans.__('Speed')} title={trans.__('Speed of the replay')} value={pace ?? 'whole'} onChange={(event) => setPace(event.currentTarget.value === 'whole' ? undefined : Number(event.currentTarget.value))}>
        <option value="whole">{trans.__('in 10 s')}</option>
        {speedsFor(end).map((speed) => <option key={speed} value={speed}>{`${speed}×`}</option>)}
      </select>
      <button type="button" className="sl-ScrubberBack" disabled={present} onClick={back}>{record.final || !store.live ? trans.__('End') : trans.__('Now')}</button>
    </div>
  )
}

function endOf({ store: { record } }: PaneContext): number {
  const end = record.final ? record.makespan : Math.max(record.asOf, record.makespan)
  return end > 0.5 && end < Number.MAX_SAFE_INTEGER ? end : 0.5
}

/** Moves the view's time while it plays and is to be seen; a step a second where nothing is to move. */
function usePlaying(context: PaneContext, bar: React.RefObject<HTMLDivElement>, playing: boolean, pace: number | undefined, ended: () => void): void {
  React.useEffect(() => {
    if (!playing || !bar.current) return undefined
    const { state } = context
    let frame = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    let before: number | undefined
    let visible = true
    const step = (now: number): void => {
      frame = 0
      const passed = before === undefined ? 0 : Math.min(now - before, context.reducedMotion ? 2000 : LATEST)
      before = now
      // Somebody went back to the present meanwhile.
      if (state.time === undefined) return ended()
      const next = advanced(state.time, passed, pace, endOf(context))
      state.time = next
      if (next === undefined) ended()
      else wait()
    }
    const wait = (): void => {
      if (!visible) return
      if (context.reducedMotion) timer = setTimeout(() => (frame = requestAnimationFrame(step)), 1000)
      else frame = requestAnimationFrame(step)
    }
    const stop = (): void => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
      frame = 0
      timer = undefined
    }
    // Off the screen it pauses, and goes on when it is seen again.
    const observer = new IntersectionObserver((entries) => {
      const seen = entries.at(-1)!.isIntersecting
      if (seen === visible) return
      visible = seen
      stop()
      before = undefined
      if (seen) wait()
    })
    observer.observe(bar.current)
    wait()
    return () => {
      stop()
      observer.disconnect()
    }
  }, [playing, pace, context])
}
