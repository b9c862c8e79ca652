import { describe, expect, test } from 'vitest'
import * as data from '../../src/data/index.js'
import * as index from '../../src/index.js'
import * as io from '../../src/io/index.js'
import * as linalg from '../../src/linalg/index.js'
import * as train from '../../src/train/index.js'
import { textOf } from '../support/source.js'
import { render } from './render.js'
import { course } from './table.js'

const exported: object = { ...index, data, io, linalg, train }

/** What a public name such as `nn.loss.gaussian` stands for. */
const lookUp = (name: string): unknown =>
  name.split('.').reduce<unknown>((space, part) => {
    if ((typeof space !== 'object' && typeof space !== 'function') || space === null) return undefined
    return Object.hasOwn(space, part) ? space[part as keyof typeof space] : undefined
  }, exported)

const rows = course.flatMap((section) => section.rows)

for (const section of course) {
  describe(section.title, () => {
    for (const { what, names, tests } of section.rows) {
      describe(what, () => {
        test('has tests, and names that exist', () => {
          expect(Object.keys(tests).length).toBeGreaterThan(0)
          expect(names.length).toBeGreaterThan(0)
          expect(names.filter((name) => lookUp(name) === undefined)).toEqual([])
        })

        for (const [name, holds] of Object.entries(tests)) test(name, holds)
      })
    }
  })
}

describe('the table', () => {
  test('has every row once', () => {
    expect(new Set(rows.map(({ what }) => what)).size).toBe(rows.length)
  })

  test('is what docs/course.md says (npm run course writes it)', () => {
    expect(textOf('docs/course.md')).toBe(render(course))
  })

  test('looks names up in all public namespaces', () => {
    expect(lookUp('nn.loss.meanSquared')).toBe(index.nn.loss.meanSquared)
    expect(lookUp('checkGrads.report')).toBe(index.checkGrads.report)
    expect([lookUp('nn.nothing'), lookUp('nothing.at.all'), lookUp('nn.toString')]).toEqual([undefined, undefined, undefined])
  })
})
