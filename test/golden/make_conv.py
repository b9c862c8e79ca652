"""General convolutions: values and the gradients of both operands, in float64, of whole numbers, so exact.

    {name, fn: 'convGeneralDilated', args: [lhs, rhs], params, out, cotangent, grad: [lhs, rhs]}

params: windowStrides, padding ('SAME', 'SAME_LOWER', 'VALID' or pairs), lhsDilation, rhsDilation,
dimensionNumbers [lhs, rhs, out], featureGroupCount, batchGroupCount. What is absent has its default; the
default of dimensionNumbers is batch, feature, then space: ["NCHW", "OIHW", "NCHW"].
"""

import jax
from jax import lax

from golden import camel, differentiate, rng, whole, write

jax.config.update('jax_enable_x64', True)
random = rng(3)
cases = []
channels_last = {1: ('NWC', 'WIO', 'NWC'), 2: ('NHWC', 'HWIO', 'NHWC'), 3: ('NDHWC', 'DHWIO', 'NDHWC')}


def case(label, lhs, rhs, strides, padding, **options):
    operands = whole(random, lhs), whole(random, rhs)
    call = lambda x, w: lax.conv_general_dilated(x, w, strides, padding, **options)
    cotangent = whole(random, jax.eval_shape(call, *operands).shape)
    out, grad = differentiate(call, operands, cotangent)
    params = {'windowStrides': strides, 'padding': padding} | {camel(k): v for k, v in options.items()}
    cases.append(
        {
            'name': label,
            'fn': 'convGeneralDilated',
            'args': operands,
            'params': params,
            'out': out,
            'cotangent': cotangent,
            'grad': grad,
        }
    )


case('one dimension', (2, 2, 6), (3, 2, 3), (1,), 'VALID')
case('one dimension, same', (1, 2, 5), (2, 2, 4), (1,), 'SAME')
case('one dimension, same lower', (1, 2, 5), (2, 2, 4), (1,), 'SAME_LOWER')
case('one dimension, strides, same', (1, 1, 7), (2, 1, 3), (2,), 'SAME')
case(
    'one dimension, everything',
    (2, 4, 7), (4, 2, 3), (2,),
    ((2, 3),),
    lhs_dilation=(2,),
    rhs_dilation=(3,),
    feature_group_count=2,
)
case('one dimension, channels last', (2, 6, 2), (3, 2, 3), (1,), 'SAME', dimension_numbers=channels_last[1])
case('one dimension, negative padding', (1, 1, 6), (1, 1, 2), (1,), ((-1, -2),))
case('one dimension, stride leaves a rest', (1, 1, 8), (1, 1, 3), (4,), ((1, 0),))
case('no space', (3, 4), (2, 4), (), ())
case('two dimensions', (1, 2, 4, 5), (3, 2, 2, 3), (1, 1), 'VALID')
case('two dimensions, same', (2, 1, 4, 3), (2, 1, 3, 2), (1, 1), 'SAME')
case('two dimensions, strides, same', (1, 1, 5, 6), (1, 1, 3, 3), (2, 3), 'SAME')
case('two dimensions, padding', (1, 1, 3, 3), (2, 1, 2, 2), (1, 1), ((1, 2), (0, 1)))
case('two dimensions, channels last', (1, 4, 4, 2), (3, 2, 2, 2), (1, 2), 'SAME', dimension_numbers=channels_last[2])
case(
    'two dimensions, mixed layouts',
    (1, 4, 3, 2), (2, 2, 2, 2), (1, 1), 'VALID',
    dimension_numbers=('NHWC', 'OIHW', 'NCHW'),
)
case(
    'two dimensions, odd layouts',
    (4, 2, 1, 3), (2, 3, 2, 2), (1, 1), 'VALID',
    dimension_numbers=('HCNW', 'WOIH', 'CWHN'),
)
case('two dimensions, kernel dilation', (1, 1, 5, 5), (1, 1, 2, 2), (1, 1), 'VALID', rhs_dilation=(2, 3))
case('two dimensions, kernel dilation, same', (1, 1, 5, 4), (1, 1, 3, 2), (1, 1), 'SAME', rhs_dilation=(2, 2))
case('two dimensions, input dilation', (1, 1, 3, 3), (1, 1, 2, 3), (1, 1), ((1, 1), (2, 0)), lhs_dilation=(2, 3))
case(
    'two dimensions, transposed convolution', (1, 2, 3, 3), (1, 2, 3, 3), (1, 1), ((1, 2), (1, 2)), lhs_dilation=(2, 2)
)
case('depthwise', (1, 3, 4, 4), (3, 1, 2, 2), (1, 1), 'VALID', feature_group_count=3)
case(
    'depthwise with multiplier, channels last',
    (1, 3, 3, 2), (2, 2, 1, 4), (1, 1), 'SAME',
    feature_group_count=2,
    dimension_numbers=channels_last[2],
)
case(
    'feature groups, strides, dilation',
    (1, 4, 5, 5), (2, 2, 2, 2), (2, 1),
    ((1, 0), (0, 1)),
    rhs_dilation=(1, 2),
    feature_group_count=2,
)
case('batch groups', (4, 1, 4, 4), (4, 1, 2, 2), (1, 1), 'VALID', batch_group_count=2)
case(
    'batch groups, strides, channels last',
    (2, 5, 4, 2), (2, 2, 2, 2), (2, 1), 'SAME',
    batch_group_count=2,
    dimension_numbers=channels_last[2],
)
case(
    'batch groups, padding, dilation',
    (4, 2, 5), (6, 2, 2), (1,),
    ((1, 2),),
    lhs_dilation=(2,),
    rhs_dilation=(2,),
    batch_group_count=2,
)
case('three dimensions', (1, 1, 3, 3, 3), (2, 1, 2, 2, 2), (1, 1, 1), 'VALID')
case(
    'three dimensions, strides, same, channels last',
    (1, 3, 4, 3, 2), (2, 1, 3, 2, 2), (2, 1, 2), 'SAME',
    dimension_numbers=channels_last[3],
)
case('empty batch', (0, 1, 4), (1, 1, 2), (1,), 'VALID')
case('window larger than the padded input', (1, 1, 2), (1, 1, 4), (1,), 'VALID')
write('conv', cases)
