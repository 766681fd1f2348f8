#include "kernels/move/move.h"

void decem_f32_move__ref(const decem_move_args *args, int32_t tile) {
    for (int32_t x = 0; x < args->input.width; x++)
        for (int32_t c = 0; c < args->input.channels; c++) {
            float value = args->input.at[tile * args->input.row_stride + x * args->input.pixel_stride + c];
            if (args->addend.at != NULL) value += args->addend.at[tile * args->addend.row_stride + x * args->addend.pixel_stride + c];
            args->output.at[tile * args->output.row_stride + x * args->output.pixel_stride + c * args->output_step] = decem_clamp_f32(value, args->clamp);
        }
}
