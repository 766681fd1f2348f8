#include <math.h>
#include <string.h>

#include "plan/plan.h"

/* The vectors of a step, as they came from the file: [DECEM_STEP_VECTORS][channels]. */
enum { VECTOR_BIAS, VECTOR_NORM_WEIGHT, VECTOR_NORM_BIAS, VECTOR_NORM_MEAN, VECTOR_NORM_VARIANCE, VECTOR_SCALE };

static float *vector_of(const decem_plan *plan, const decem_step *step, int32_t which) {
    return plan->constants + step->vectors + (ptrdiff_t)which * plan->graph->nodes[step->node].shape.channels;
}

const float *decem_step_scales(const decem_plan *plan, const decem_step *step) {
    return vector_of(plan, step, VECTOR_SCALE);
}

static void take_weight_row(decem_plan *plan, const decem_step *step, int64_t row, const float *values) {
    float *weights = plan->constants + step->weights;
    const decem_node *node = &plan->graph->nodes[step->node];
    if (step->kind == DECEM_STEP_CONV) {
        decem_conv_shape shape = decem_step_conv_shape(plan, step);
        decem_conv_pack_row(&shape, (int32_t)row, values, weights);
    } else if (step->kind == DECEM_STEP_WINOGRAD) {
        decem_conv_shape shape = decem_step_conv_shape(plan, step);
        decem_winograd_pack_row(&shape, (int32_t)row, values, weights);
    } else if (step->kind == DECEM_STEP_DEPTHWISE) {
        decem_depthwise_pack_row(node->shape.channels, (int32_t)row, values, weights);
    } else {
        decem_shape map = decem_step_linear_shape(plan, step);
        int32_t pixels = map.height * map.width, in = map.channels * pixels;
        if (step->kind == DECEM_STEP_LINEAR)
            decem_linear_pack_row(in, (int32_t)row, values, weights);
        else
            decem_linear_i8_pack_row(map.channels, pixels, values, (int8_t *)weights + row * decem_linear_i8_row(in));
    }
}

void decem_plan_take_row(decem_plan *plan, const decem_parameter *parameter, int64_t row, const float *values) {
    const decem_step *step = &plan->steps[plan->step_of[parameter->node]];
    static const int32_t vectors[] = {
        [DECEM_ROLE_WEIGHT] = -1, [DECEM_ROLE_BIAS] = VECTOR_BIAS, [DECEM_ROLE_NORM_WEIGHT] = VECTOR_NORM_WEIGHT,
        [DECEM_ROLE_NORM_BIAS] = VECTOR_NORM_BIAS, [DECEM_ROLE_NORM_MEAN] = VECTOR_NORM_MEAN, [DECEM_ROLE_NORM_VARIANCE] = VECTOR_NORM_VARIANCE};
    if (parameter->role == DECEM_ROLE_WEIGHT) take_weight_row(plan, step, row, values);
    else memcpy(vector_of(plan, step, vectors[parameter->role]), values, (size_t)parameter->shape[0] * sizeof(float));
}

void decem_plan_take_dtype(decem_plan *plan, const decem_parameter *parameter, decem_dtype dtype) {
    if (parameter->role == DECEM_ROLE_WEIGHT) plan->steps[plan->step_of[parameter->node]].dtype = dtype;
}

void decem_plan_take_scales(decem_plan *plan, const decem_parameter *parameter, const float *scales) {
    memcpy(vector_of(plan, &plan->steps[plan->step_of[parameter->node]], VECTOR_SCALE), scales, (size_t)parameter->shape[0] * sizeof(float));
}

static void scale_channel(decem_plan *plan, const decem_step *step, int32_t channel, float scale) {
    float *weights = plan->constants + step->weights;
    decem_conv_shape shape = decem_step_conv_shape(plan, step);
    if (step->kind == DECEM_STEP_CONV) {
        decem_conv_scale_row(&shape, channel, scale, weights);
    } else if (step->kind == DECEM_STEP_WINOGRAD) {
        decem_winograd_scale_row(&shape, channel, scale, weights);
    } else {
        decem_depthwise_scale_row(shape.out_channels, channel, scale, weights);
    }
}

/* norm(conv(x)) = (conv(x) - mean) * scale + shift with scale = weight / sqrt(variance + epsilon): a convolution with
 * scaled weights and another bias. I8 weights are scaled by their own scale at the same time, but not those of a Linear, whose kernel
 * does it. Computed in double, rounded once. */
static decem_status fold(decem_plan *plan, decem_step *step, decem_message *message) {
    int32_t channels = plan->graph->nodes[step->node].shape.channels;
    const float *bias = vector_of(plan, step, VECTOR_BIAS), *weight = vector_of(plan, step, VECTOR_NORM_WEIGHT);
    const float *shift = vector_of(plan, step, VECTOR_NORM_BIAS), *mean = vector_of(plan, step, VECTOR_NORM_MEAN);
    const float *variance = vector_of(plan, step, VECTOR_NORM_VARIANCE), *scales = vector_of(plan, step, VECTOR_SCALE);
    bool quantised = step->dtype == DECEM_DTYPE_I8 && step->kind != DECEM_STEP_LINEAR_I8;
    decem_conv_shape shape;
    if (step->kind == DECEM_STEP_CONV) shape = decem_step_conv_shape(plan, step);
    for (int32_t n = 0; n < channels; n++) {
        double folded = bias[n], scale = quantised ? scales[n] : 1.0;
        if (step->norm >= 0) {
            const decem_node *norm = &plan->graph->nodes[step->norm];
            double spread = (double)variance[n] + (double)norm->epsilon;
            if (!(spread > 0.0))
                return decem_fail(message, DECEM_NOT_FINITE, "tensor %s.running_var has a negative variance at index %d; save the weights again", norm->name, n);
            double norm_scale = weight[n] / sqrt(spread);
            folded = (bias[n] - (double)mean[n]) * norm_scale + shift[n];
            scale *= norm_scale;
        }
        if (quantised || step->norm >= 0) scale_channel(plan, step, n, (float)scale);
        plan->constants[step->bias + (step->kind == DECEM_STEP_CONV ? decem_conv_bias_index(&shape, n) : n)] = (float)folded;
    }
    return DECEM_OK;
}

decem_status decem_plan_finish_tensor(decem_plan *plan, const decem_parameter *parameter, decem_message *message) {
    decem_step *step = &plan->steps[plan->step_of[parameter->node]];
    if (step->tensors_missing > 1) {
        step->tensors_missing--;
        return DECEM_OK;
    }
    decem_status status = fold(plan, step, message);
    if (status == DECEM_OK) step->tensors_missing = 0;
    return status;
}
