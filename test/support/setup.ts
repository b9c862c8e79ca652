import { compiled } from '../../src/backend/compiled.js'
import { installBackend } from '../../src/core/trace.js'
import { warnings } from '../../src/core/warn.js'

/* Before each file of tests: programs are compiled, as users have them, whatever the file imports. */
installBackend(compiled)

/* Tests jit many functions of one source, and mean to. */
warnings(() => undefined)
