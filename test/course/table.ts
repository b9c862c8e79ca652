import type { CourseSection } from './row.js'
import { architectures } from './rows/architectures.js'
import { graphs } from './rows/graphs.js'
import { optimisation } from './rows/optimisation.js'
import { regularisation } from './rows/regularisation.js'
import { units } from './rows/units.js'

/** The whole course: from this table come the tests and docs/course.md. */
export const course: readonly CourseSection[] = [
  { title: 'Graphs, the chain rule, back-propagation', rows: graphs },
  { title: 'Costs, output units, hidden units', rows: units },
  { title: 'Optimisation', rows: optimisation },
  { title: 'Regularisation, normalisation, initialisation, data', rows: regularisation },
  { title: 'Architectures', rows: architectures }
]
