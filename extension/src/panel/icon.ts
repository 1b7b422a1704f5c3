/** The kernel's own sign: work that flows through a gate into parallel channels. */
import { LabIcon } from '@jupyterlab/ui-components'

const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
  <g class="jp-icon3" stroke="#616161" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">
    <path fill="none" d="M1.5 8H5M5 8C7.2 8 6.6 3.5 9 3.5H10.5M5 8H10.5M5 8C7.2 8 6.6 12.5 9 12.5H10.5"/>
  </g>
  <g class="jp-icon3" fill="#616161"><circle cx="12.6" cy="3.5" r="1.7"/><circle cx="12.6" cy="8" r="1.7"/><circle cx="12.6" cy="12.5" r="1.7"/></g>
</svg>`

export const sluiceIcon = new LabIcon({ name: 'sluice:sluice', svgstr })
