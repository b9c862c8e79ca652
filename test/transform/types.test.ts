import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  checkGrads, evalShape, grad, hessian, hvp, jacfwd, jacrev, jit, jvp, linearize, linearTranspose, makeJaxpr, np, ShapeStruct, stopGradient,
  valueAndGrad, vjp, vmap, type NdArray
} from '../../src/index.js'
import type { Jitted } from '../../src/index.js'
import { f32 } from '../support/arrays.js'

interface Net {
  readonly layers: readonly [{ readonly w: NdArray }, null]
  readonly kind: 'net'
}
declare const net: Net
declare const loss: (p: Net, x: NdArray, label: NdArray) => NdArray
declare const lossAux: (p: Net, x: NdArray) => readonly [NdArray, { readonly seen: number }]
declare const both: (p: Net, x: NdArray) => { readonly y: NdArray; readonly rest: readonly [NdArray] }

/** Types alone: the functions are declared, not there. */
const types = (check: () => void): void => {
  expect(check).toBeTypeOf('function')
}

describe('types', () => {
  test('grad gives the type of the argument', () => {
    types(() => {
      expectTypeOf(grad(loss)).toEqualTypeOf<(first: Net, x: NdArray, label: NdArray) => Net>()
      expectTypeOf(grad.with({ argnums: 1 })(loss)).toEqualTypeOf<(p: Net, x: NdArray, label: NdArray) => NdArray>()
      expectTypeOf(grad.with({ argnums: [0, 2] })(loss)(net, f32(1), f32(1))).toEqualTypeOf<readonly [Net, NdArray]>()
      expectTypeOf(grad.with({ hasAux: true })(lossAux)(net, f32(1))).toEqualTypeOf<
        readonly [gradient: Net, aux: { readonly seen: number }]
      >()
      expectTypeOf(valueAndGrad(loss)(net, f32(1), f32(1))).toEqualTypeOf<readonly [value: NdArray, gradient: Net]>()
      expectTypeOf(valueAndGrad.with({ hasAux: true })(lossAux)(net, f32(1))).toEqualTypeOf<
        readonly [value: readonly [NdArray, { readonly seen: number }], gradient: Net]
      >()
      // @ts-expect-error the result is no array
      grad(both)
      // @ts-expect-error unknown option
      grad.with({ argnum: 1 })
      // @ts-expect-error options come first
      grad(loss, { argnums: 1 })
    })
  })

  test('vmap and jit give the type of the function', () => {
    types(() => {
      expectTypeOf(vmap(loss)).toEqualTypeOf<typeof loss>()
      expectTypeOf(vmap.with({ in: [null, 0, 0] })(loss)).toEqualTypeOf<typeof loss>()
      expectTypeOf(jit(loss)).toEqualTypeOf<Jitted<typeof loss>>()
      expectTypeOf(jit(loss)(net, f32(1), f32(1))).toEqualTypeOf<NdArray>()
      jit(loss).lower(net, f32(1), f32(1))
      // @ts-expect-error the arguments of the function
      jit(loss).lower(net)
      // @ts-expect-error not an axis
      vmap(loss, { in: 'first' })
      // @ts-expect-error unknown option
      jit(loss, { statics: [0] })
    })
  })

  test('derivatives in pipes, to the third order', () => {
    types(() => {
      const perExample = pipe(loss, grad, vmap.with({ in: [null, 0, 0] }), jit)
      expectTypeOf(perExample(net, f32(1), f32(1))).toEqualTypeOf<Net>()
      const cube = (x: NdArray): NdArray => np.power(x, 3)
      expectTypeOf(pipe(cube, grad, grad, grad)(f32(1))).toEqualTypeOf<NdArray>()
      expectTypeOf(jit(vmap(grad(jit(cube))))(f32(1))).toEqualTypeOf<NdArray>()
    })
  })

  test('jvp, vjp and the rest carry argument tuples and results', () => {
    types(() => {
      type Out = ReturnType<typeof both>
      expectTypeOf(jvp(both)([net, f32(1)], [net, f32(1)])).toEqualTypeOf<readonly [value: Out, tangent: Out]>()
      const [value, pullback] = vjp(both)(net, f32(1))
      expectTypeOf(value).toEqualTypeOf<Out>()
      expectTypeOf(pullback).toEqualTypeOf<(cotangent: Out) => [p: Net, x: NdArray]>()
      expectTypeOf(linearize(both)(net, f32(1))[1]).toEqualTypeOf<(p: Net, x: NdArray) => Out>()
      expectTypeOf(linearTranspose(both)(net, f32(1))).toEqualTypeOf<(cotangent: Out) => [p: Net, x: NdArray]>()
      expectTypeOf(hvp(loss)(net, net, f32(1), f32(1))).toEqualTypeOf<Net>()
      expectTypeOf(stopGradient(net)).toEqualTypeOf<Net>()
      expectTypeOf(checkGrads(loss)).parameters.toEqualTypeOf<[p: Net, x: NdArray, label: NdArray]>()
      // @ts-expect-error a tangent is missing
      jvp(both)([net, f32(1)], [net])
    })
  })

  test('Jacobians nest trees of inputs in the tree of outputs', () => {
    types(() => {
      expectTypeOf(jacrev(loss)(net, f32(1), f32(1))).toEqualTypeOf<Net>()
      const j = jacfwd(both)(net, f32(1))
      expectTypeOf(j.y).toEqualTypeOf<Net>()
      expectTypeOf(j.rest[0].layers[0].w).toEqualTypeOf<NdArray>()
      expectTypeOf(hessian((x: NdArray) => np.sum(x))(f32(1))).toEqualTypeOf<NdArray>()
      expectTypeOf(hessian((p: { readonly a: NdArray }) => np.sum(p.a))({ a: f32(1) }).a.a).toEqualTypeOf<NdArray>()
    })
  })

  test('evalShape and makeJaxpr take shapes for arrays', () => {
    types(() => {
      expectTypeOf(evalShape(both)(net, new ShapeStruct([2]))).toEqualTypeOf<{
        readonly y: ShapeStruct
        readonly rest: readonly [ShapeStruct]
      }>()
      expectTypeOf(String(makeJaxpr(loss)(net, new ShapeStruct([2]), f32(1)))).toEqualTypeOf<string>()
    })
  })
})
