import type { Lowering } from '../lowering.js'
import { elementwise } from './elementwise.js'
import { reductions } from './reductions.js'
import { views } from './views.js'

const control: Lowering = { kind: 'control' }

const table: Readonly<Record<string, Lowering>> = { ...elementwise, ...reductions, ...views, scan: control, while: control, cond: control }

const opaque: Lowering = { kind: 'opaque' }

/** What the scheduler does with equations of the primitive. */
export const loweringOf = (name: string): Lowering => (Object.hasOwn(table, name) ? table[name] : opaque)
