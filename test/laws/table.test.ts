import { describe, expect, test } from 'vitest'
import { filesOf, textOf } from '../support/source.js'
import { primitives, subjects, table } from './table.js'

/** Names in the types of the primitives that files declare: `sinP: Primitive<'sin'`. */
const declared = ['src/lax', 'src/control', 'src/linalg']
  .flatMap((folder) => filesOf(folder, '.ts'))
  .flatMap((file) => [...textOf(file).matchAll(/^export const \w+P: Primitive<'(\w+)'/gm)].map(([, name]) => name))

describe('the table of laws', () => {
  test('has a row for every primitive', () => {
    expect(subjects.filter(({ row }) => row === undefined).map(({ primitive }) => primitive.name)).toEqual([])
    expect(Object.keys(table).sort()).toEqual(primitives.map(({ name }) => name).sort())
  })

  test('and the lists of primitives have all that are declared, once', () => {
    expect(primitives.map(({ name }) => name).sort()).toEqual(declared.toSorted())
  })
})
