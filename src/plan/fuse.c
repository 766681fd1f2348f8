#include <string.h>

#include "plan/plan.h"

typedef struct fuser {
    decem_plan *plan;
    const decem_graph *graph;
    int32_t uses[DECEM_GRAPH_NODES];
    decem_value user[DECEM_GRAPH_NODES];              /* one of the layers that read a value; -1 for none */
    decem_activation pushed[DECEM_GRAPH_NODES];       /* an activation behind a concatenation, done before it */
    int32_t result_step[DECEM_GRAPH_NODES];           /* whether a step writes the value */
} fuser;

static void count_uses(fuser *f) {
    for (int32_t i = 0; i < f->graph->count; i++) f->user[i] = -1;
    for (int32_t i = 0; i < f->graph->count; i++)
        for (int32_t k = 0; k < f->graph->nodes[i].input_count; k++) {
            f->uses[f->graph->nodes[i].inputs[k]]++;
            f->user[f->graph->nodes[i].inputs[k]] = i;
        }
    for (int32_t k = 0; k < f->graph->output_count; k++) f->uses[f->graph->outputs[k].logits]++;
}

/* The only layer that reads a value, when it is of that kind; else -1. */
static decem_value only_user(const fuser *f, decem_value value, decem_op op) {
    decem_value user = f->user[value];
    if (f->uses[value] != 1 || user < 0 || f->plan->absorbed[user] || f->graph->nodes[user].op != op) return -1;
    return user;
}

/* relu(concat(a, b)) = concat(relu(a), relu(b)), when whoever makes a and b can do it on the way. */
static void push_activations(fuser *f) {
    for (int32_t i = 0; i < f->graph->count; i++) {
        const decem_node *node = &f->graph->nodes[i];
        if (node->op != DECEM_OP_ACTIVATION || f->graph->nodes[node->inputs[0]].op != DECEM_OP_CONCAT || f->uses[node->inputs[0]] != 1) continue;
        const decem_node *concat = &f->graph->nodes[node->inputs[0]];
        bool possible = true;
        for (int32_t k = 0; k < concat->input_count; k++) {
            decem_op op = f->graph->nodes[concat->inputs[k]].op;
            possible = possible && f->uses[concat->inputs[k]] == 1 && (op == DECEM_OP_NORM || op == DECEM_OP_CONV || op == DECEM_OP_AVG_POOL);
        }
        if (!possible) continue;
        for (int32_t k = 0; k < concat->input_count; k++) {
            f->pushed[concat->inputs[k]] = node->activation;
            f->plan->activated[concat->inputs[k]] = true;
        }
        f->plan->activated[node->inputs[0]] = true;
        f->plan->absorbed[i] = true;
        f->plan->same_as[i] = node->inputs[0];
    }
}

static decem_value absorb(fuser *f, decem_value value) {
    f->plan->absorbed[value] = true;
    return value;
}

static decem_step *add_step(fuser *f, decem_step_kind kind, decem_value node, decem_value input) {
    decem_step *step = &f->plan->steps[f->plan->step_count++];
    memset(step, 0, sizeof *step);
    step->kind = kind;
    step->node = step->result = node;
    step->input = input;
    step->norm = step->addend = -1;
    step->shuffle = step->channel_step = 1;
    return step;
}

/* Follows what comes after a full or grouped convolution: one of an addition, a shuffle, or a concatenation that is shuffled in
 * two (ShuffleNetV2), where the other half is woven in as it is stored. */
static void fuse_tail(fuser *f, decem_step *step) {
    const decem_node *nodes = f->graph->nodes;
    decem_value next;
    if ((next = only_user(f, step->result, DECEM_OP_ADD)) >= 0) {
        step->addend = nodes[next].inputs[nodes[next].inputs[0] == step->result ? 1 : 0];
        step->result = absorb(f, next);
        if ((next = only_user(f, step->result, DECEM_OP_ACTIVATION)) >= 0) {
            step->after = nodes[next].activation;
            step->result = absorb(f, next);
        }
    } else if ((next = only_user(f, step->result, DECEM_OP_SHUFFLE)) >= 0 && nodes[next].groups % nodes[step->node].groups == 0) {
        step->shuffle = nodes[next].groups;
        step->result = absorb(f, next);
    } else if ((next = only_user(f, step->result, DECEM_OP_CONCAT)) >= 0) {
        decem_value shuffle = only_user(f, next, DECEM_OP_SHUFFLE), other = nodes[next].inputs[0];
        if (shuffle < 0 || nodes[shuffle].groups != 2 || nodes[next].input_count != 2 || other == step->result ||
            nodes[other].shape.channels != nodes[step->result].shape.channels) return;
        step->addend = other;
        step->interleave = true;
        absorb(f, next);
        step->result = absorb(f, shuffle);
    }
}

static void fuse_conv(fuser *f, decem_value node) {
    const decem_node *nodes = f->graph->nodes;
    bool depthwise = decem_node_is_depthwise(f->graph, &nodes[node]);
    decem_step *step = add_step(f, depthwise ? DECEM_STEP_DEPTHWISE : DECEM_STEP_CONV, node, nodes[node].inputs[0]);
    decem_value next;
    f->plan->step_of[node] = node;
    if ((next = only_user(f, step->result, DECEM_OP_NORM)) >= 0) {
        step->norm = step->result = absorb(f, next);
        f->plan->step_of[next] = node;
    }
    step->before = f->pushed[step->result];
    if (step->before != DECEM_NO_ACTIVATION) return;
    if ((next = only_user(f, step->result, DECEM_OP_ACTIVATION)) >= 0) {
        step->before = nodes[next].activation;
        step->result = absorb(f, next);
    }
    if (!depthwise) fuse_tail(f, step);
}

static void fuse_linear(fuser *f, decem_value node) {
    decem_step *step = add_step(f, DECEM_STEP_LINEAR, node, f->graph->nodes[node].inputs[0]);
    f->plan->step_of[node] = node;
    decem_value next = only_user(f, node, DECEM_OP_ACTIVATION);
    if (next < 0) return;
    step->before = f->graph->nodes[next].activation;
    step->result = absorb(f, next);
}

/* Values that steps make can be written where the concatenation wants them; others are moved there: vectors, and what is a
 * concatenation itself, whose parts have their places already. */
static void fuse_concat(fuser *f, decem_value node) {
    const decem_node *concat = &f->graph->nodes[node];
    int32_t channel = 0;
    for (int32_t k = 0; k < concat->input_count; k++) {
        decem_value input = concat->inputs[k];
        decem_op op = f->graph->nodes[input].op;
        bool movable = op != DECEM_OP_LINEAR && op != DECEM_OP_FLATTEN && op != DECEM_OP_CONCAT;
        if (f->result_step[input] && movable && f->plan->inside[input] < 0) {
            f->plan->inside[input] = node;
        } else {
            decem_step *step = add_step(f, DECEM_STEP_MOVE, node, input);
            step->first_channel = channel;
        }
        channel += f->graph->nodes[input].shape.channels;
    }
}

/* A shuffle by itself: each block of the input goes to every groups-th channel. */
static void move_shuffle(fuser *f, decem_value node) {
    for (int32_t block = 0; block < f->graph->nodes[node].groups; block++) {
        decem_step *step = add_step(f, DECEM_STEP_MOVE, node, f->graph->nodes[node].inputs[0]);
        step->first_channel = block;
        step->channel_step = f->graph->nodes[node].groups;
    }
}

static void fuse_node(fuser *f, decem_value i) {
    const decem_node *node = &f->graph->nodes[i];
    switch (node->op) {
        case DECEM_OP_CONV: fuse_conv(f, i); break;
        case DECEM_OP_LINEAR: fuse_linear(f, i); break;
        case DECEM_OP_LRN: add_step(f, DECEM_STEP_LRN, i, node->inputs[0]); break;
        case DECEM_OP_MAX_POOL: case DECEM_OP_AVG_POOL: case DECEM_OP_ADAPTIVE_POOL:
            add_step(f, DECEM_STEP_POOL, i, node->inputs[0])->before = f->pushed[i];
            break;
        case DECEM_OP_ADD: add_step(f, DECEM_STEP_MOVE, i, node->inputs[0])->addend = node->inputs[1]; break;
        case DECEM_OP_ACTIVATION: add_step(f, DECEM_STEP_MOVE, i, node->inputs[0])->before = node->activation; break;
        case DECEM_OP_SHUFFLE: move_shuffle(f, i); break;
        case DECEM_OP_CONCAT: fuse_concat(f, i); break;
        case DECEM_OP_INPUT: case DECEM_OP_CHUNK: case DECEM_OP_FLATTEN: case DECEM_OP_NORM: break; /* no work of their own */
    }
}

/* A step runs when the last layer folded into it would have: by then its addend exists. */
static void sort_steps(decem_plan *plan) {
    for (int32_t i = 1; i < plan->step_count; i++) {
        decem_step step = plan->steps[i];
        int32_t at = i;
        for (; at > 0 && plan->steps[at - 1].result > step.result; at--) plan->steps[at] = plan->steps[at - 1];
        plan->steps[at] = step;
    }
    for (int32_t node = 0; node < plan->graph->count; node++) {
        decem_value owner = plan->step_of[node];
        for (int32_t i = 0; owner >= 0 && i < plan->step_count; i++)
            if (plan->steps[i].node == owner && plan->steps[i].kind != DECEM_STEP_MOVE) plan->step_of[node] = i;
    }
}

void decem_plan_fuse(decem_plan *plan, const decem_graph *graph) {
    fuser f;
    memset(&f, 0, sizeof f);
    memset(plan, 0, sizeof *plan);
    plan->graph = graph;
    f.plan = plan;
    f.graph = graph;
    for (int32_t i = 0; i < graph->count; i++) {
        plan->same_as[i] = i;
        plan->inside[i] = plan->step_of[i] = -1;
    }
    count_uses(&f);
    push_activations(&f);
    for (int32_t i = 0; i < graph->count; i++) {
        if (plan->absorbed[i]) continue;
        int32_t before = plan->step_count;
        fuse_node(&f, i);
        for (int32_t s = before; s < plan->step_count; s++) f.result_step[plan->steps[s].result] = 1;
    }
    sort_steps(plan);
}
