import type { Schedule } from '../schedule/kernel.js'
import { preparedSegment, type Segment } from '../schedule/prepare.js'
import { loweringFor, type Target } from '../schedule/schedulable.js'
import { schedule } from '../schedule/schedule.js'
import { demand, writes } from './kernels/index.js'
import { emits } from './operations.js'

/** What modules do by themselves. */
export const target: Target = { emits, writes, demand }

/** Whether modules carry out a program all by themselves. */
export const isOwn = (jaxpr: Segment): boolean => preparedSegment(jaxpr).eqns.every((eqn) => loweringFor(eqn, target).kind !== 'host')

/** The kernels of a program, whose results may take the memory of the inputs at `donated` positions. */
export const scheduled = (jaxpr: Segment, donated?: readonly number[]): Schedule => schedule(preparedSegment(jaxpr), target, donated)
