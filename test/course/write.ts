/*
 * Writes docs/course.md: npm run course
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/source.js'
import { render } from './render.js'
import { course } from './table.js'

writeFileSync(join(root, 'docs/course.md'), render(course))
