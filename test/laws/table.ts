import { primitives as controlPrimitives } from '../../src/control/primitives.js'
import type { Primitive } from '../../src/core/primitive.js'
import { primitives as laxPrimitives } from '../../src/lax/primitives.js'
import { primitives as linalgPrimitives } from '../../src/linalg/primitives.js'
import type { Row, Subject } from './row.js'
import { control } from './rows/control.js'
import { effects } from './rows/effects.js'
import { custom } from './rows/custom.js'
import { elementwise } from './rows/elementwise.js'
import { indexing } from './rows/indexing.js'
import { linalg } from './rows/linalg.js'
import { others } from './rows/others.js'
import { products } from './rows/products.js'
import { reductions } from './rows/reduce.js'
import { structural } from './rows/structural.js'

export const primitives = [...laxPrimitives, ...controlPrimitives, ...linalgPrimitives] as const

type AnyListed = (typeof primitives)[number]

export type PrimitiveName = AnyListed['name']

type ParamsOf<N extends PrimitiveName> = Extract<AnyListed, { readonly name: N }> extends Primitive<N, infer P> ? P : never

/** A row for every primitive: one that is missing does not compile. */
export type Table = { readonly [N in PrimitiveName]: Row<ParamsOf<N>> }

export const table: Table = {
  ...control, ...custom, ...effects, ...elementwise, ...indexing, ...linalg, ...others, ...products, ...reductions,
  ...structural
}

/** Every primitive, with its row. */
export const subjects: readonly Subject[] = primitives.map((primitive) => ({ primitive, row: table[primitive.name] }))
