import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storageOf } from '../../src/array/ndarray.js'
import { planned } from '../../src/backend/plan.js'
import type { KernelLine } from '../../src/backend/schedule/lines.js'
import { compile, type Executable } from '../../src/backend/wasm/executable.js'
import { Heap } from '../../src/backend/wasm/heap.js'
import type { NdArray } from '../../src/core/array.js'
import { stage } from '../../src/ir/stage.js'
import { jit, lax, np, profile } from '../../src/index.js'
import { withBackend } from '../support/backend.js'
import { noiseLike } from '../support/arrays.js'

/*
 * Results in the places of operands: what is written, where it is, and that nobody can tell by the values.
 */
