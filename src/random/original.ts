import { bitsIn, splitIn, type Bits, type Split } from './bits.js'
import { categoricalIn, type Categorical } from './categorical.js'
import { choiceIn, type Choice } from './choice.js'
import { cauchyIn, exponentialIn, gumbelIn, laplaceIn, logisticIn, maxwellIn, type Gumbel } from './continuous.js'
import { bernoulliIn, geometricIn, rademacherIn, type Bernoulli, type Geometric, type IntegerSampler } from './discrete.js'
import { foldIn, key } from './key.js'
import { paired, type Layout } from './layout.js'
import { normalIn, truncatedNormalIn, type TruncatedNormal } from './normal.js'
import type { Sampler } from './options.js'
import {
  lognormalIn, paretoIn, rayleighIn, triangularIn, waldIn, weibullMinIn, type OneParameter, type ThreeParameters, type TwoParameters
} from './parametric.js'
import { permutationIn, type Permutation } from './permutation.js'
import { randintIn, type Randint } from './randint.js'
import { uniformIn, type Uniform } from './uniform.js'

/** The functions of `random`, whichever way counters are laid out. */
export interface Random {
  readonly key: typeof key
  readonly foldIn: typeof foldIn
  readonly split: Split
  readonly bits: Bits
  readonly uniform: Uniform
  readonly normal: Sampler
  readonly truncatedNormal: TruncatedNormal
  readonly exponential: Sampler
  readonly laplace: Sampler
  readonly logistic: Sampler
  readonly cauchy: Sampler
  readonly maxwell: Sampler
  readonly gumbel: Gumbel
  readonly lognormal: OneParameter
  readonly pareto: OneParameter
  readonly rayleigh: OneParameter
  readonly wald: OneParameter
  readonly weibullMin: TwoParameters
  readonly triangular: ThreeParameters
  readonly bernoulli: Bernoulli
  readonly rademacher: IntegerSampler
  readonly geometric: Geometric
  readonly randint: Randint
  readonly permutation: Permutation
  readonly choice: Choice
  readonly categorical: Categorical
}

const samplersIn = (layout: Layout): Random => ({
  key,
  foldIn,
  split: splitIn(layout),
  bits: bitsIn(layout),
  uniform: uniformIn(layout),
  normal: normalIn(layout),
  truncatedNormal: truncatedNormalIn(layout),
  exponential: exponentialIn(layout),
  laplace: laplaceIn(layout),
  logistic: logisticIn(layout),
  cauchy: cauchyIn(layout),
  maxwell: maxwellIn(layout),
  gumbel: gumbelIn(layout),
  lognormal: lognormalIn(layout),
  pareto: paretoIn(layout),
  rayleigh: rayleighIn(layout),
  wald: waldIn(layout),
  weibullMin: weibullMinIn(layout),
  triangular: triangularIn(layout),
  bernoulli: bernoulliIn(layout),
  rademacher: rademacherIn(layout),
  geometric: geometricIn(layout),
  randint: randintIn(layout),
  permutation: permutationIn(layout),
  choice: choiceIn(layout),
  categorical: categoricalIn(layout)
})

/**
 * All of `random` in the layout that JAX had by default before version 0.5 (`jax_threefry_partitionable = False`): other
 * numbers for the same keys, to repeat results of that time. Keys know nothing of it, and nothing global is switched.
 *
 * @example
 * random.original.uniform(random.key(0), [3]) // [0.9653, 0.3147, 0.633]
 */
export const original: Random = samplersIn(paired)
