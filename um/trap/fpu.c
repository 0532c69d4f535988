// SPDX-License-Identifier: MIT
/*
 * The guest's FPU state. It stays where the host's signal frame left it, in the slot, and is
 * loaded from there by xrstor; the kernel touches it only for signal frames, fork and exec.
 */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/task.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <um/fpu.h>
#include <um/setup.h>
#include "trap.h"

#define FX_SIZE		   512
#define FX_CWD		   0
#define FX_MXCSR	   24
#define FX_ST		   32
#define FX_XMM		   160
#define FX_MXCSR_MASK	   28
#define FX_SW		   464
#define XSTATE_BV	   512
#define XCOMP_BV	   520
#define XHEADER_SIZE	   64
#define XFEATURE_FP	   1UL
#define XFEATURES_FPSSE	   3UL
#define MAGIC1		   0x46505853U
#define MAGIC2		   0x46505845U
#define MXCSR_DEFAULT	   0x1f80U
#define MXCSR_MASK_DEFAULT 0xffbfU

/* What the host writes at FX_SW. */
struct sw_bytes {
	u32 magic1;
	u32 extended_size;
	u64 xfeatures;
	u32 xstate_size;
	u32 padding[7];
};

static char *slot_fpu(const struct guest_slot *slot)
{
	return (char *)slot->mem + host_guest_config()->fp_offset;
}

static size_t xstate_size(void)
{
	return host_guest_config()->xstate_size;
}

static void write_sw(char *area)
{
	struct sw_bytes sw = {
		.magic1 = MAGIC1,
		.extended_size = xstate_size() + sizeof(u32),
		.xfeatures = host_guest_config()->xfeatures,
		.xstate_size = xstate_size(),
	};
	u32 magic2 = MAGIC2;

	memcpy(area + FX_SW, &sw, sizeof(sw));
	memcpy(area + xstate_size(), &magic2, sizeof(magic2));
}

/* The state after exec: everything in its initial configuration. */
static void init_area(char *area)
{
	u16 cwd = 0x37f;
	u32 mxcsr = MXCSR_DEFAULT, mask = MXCSR_MASK_DEFAULT;

	memset(area, 0, xstate_size());
	memcpy(area + FX_CWD, &cwd, sizeof(cwd));
	memcpy(area + FX_MXCSR, &mxcsr, sizeof(mxcsr));
	memcpy(area + FX_MXCSR_MASK, &mask, sizeof(mask));
	write_sw(area);
}

void fpu_slot_init(const struct guest_slot *slot)
{
	init_area(slot_fpu(slot));
}

void fpu_slot_copy(const struct guest_slot *to, const struct guest_slot *from)
{
	memcpy(slot_fpu(to), slot_fpu(from), xstate_size());
	write_sw(slot_fpu(to));
}

u64 fpu_xfeatures(void)
{
	return host_guest_config()->xfeatures;
}

size_t fpu_user_size(void)
{
	return xstate_size() + sizeof(u32);
}

int fpu_save_user(void *buf, size_t size)
{
	const struct thread_struct *thread = &current->thread;

	if (size < fpu_user_size())
		return -EINVAL;
	if (!thread->slot || thread->fpu_init) {
		init_area(buf);
		return 0;
	}
	trampoline_leave(thread->slot);
	memcpy(buf, slot_fpu(thread->slot), xstate_size());
	write_sw(buf);
	return 0;
}

static u32 get32(const char *at)
{
	u32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Does the buffer hold more than the 512 bytes of FXSAVE, in our layout? */
static bool is_extended(const char *buf, size_t size)
{
	return size >= fpu_user_size() && get32(buf + FX_SW) == MAGIC1 &&
	       get32(buf + FX_SW + 16) == xstate_size() && get32(buf + xstate_size()) == MAGIC2;
}

int fpu_restore_user(const void *buf, size_t size)
{
	struct thread_struct *thread = &current->thread;
	bool extended;
	u64 features;
	u32 mxcsr;
	char *area;

	if (!thread->slot || size < FX_SIZE)
		return -EINVAL;
	trampoline_leave(thread->slot);
	area = slot_fpu(thread->slot);
	extended = is_extended(buf, size);
	memset(area, 0, xstate_size());
	memcpy(area, buf, extended ? xstate_size() : FX_SIZE);
	/* What xrstor refuses: unknown components, a compacted header, reserved bits. */
	memcpy(&features, area + XSTATE_BV, sizeof(features));
	features = extended ? features & host_guest_config()->xfeatures : XFEATURES_FPSSE;
	memset(area + XSTATE_BV, 0, XHEADER_SIZE);
	memcpy(area + XSTATE_BV, &features, sizeof(features));
	mxcsr = get32(area + FX_MXCSR) & MXCSR_MASK_DEFAULT;
	memcpy(area + FX_MXCSR, &mxcsr, sizeof(mxcsr));
	write_sw(area);
	thread->fpu_init = false;
	return 0;
}

/* ---- another task's, for its tracer ---- */

size_t fpu_xstate_size(void)
{
	return xstate_size();
}

void fpu_read(struct task_struct *task, void *area)
{
	const struct thread_struct *thread = &task->thread;
	u64 features;
	char *buf = area;

	init_area(buf);
	if (thread->fpu_next) {
		memcpy(buf, thread->fpu_next, xstate_size());
	} else if (thread->slot && !thread->fpu_init) {
		/* A component that is in its initial state may not be written out. */
		memcpy(&features, slot_fpu(thread->slot) + XSTATE_BV, sizeof(features));
		if (features & XFEATURE_FP)
			memcpy(buf, slot_fpu(thread->slot), xstate_size());
		else
			memcpy(buf + FX_MXCSR, slot_fpu(thread->slot) + FX_MXCSR,
			       xstate_size() - FX_MXCSR);
		if (!(features & XFEATURE_FP))
			memset(buf + FX_ST, 0, FX_XMM - FX_ST);
	}
	memset(buf + FX_SW, 0, sizeof(struct sw_bytes));
	features = host_guest_config()->xfeatures;
	memcpy(buf + FX_SW, &features, sizeof(features));
}

static bool area_is_good(const char *buf, bool whole)
{
	u64 header[XHEADER_SIZE / sizeof(u64)];

	if (get32(buf + FX_MXCSR) & ~MXCSR_MASK_DEFAULT)
		return false;
	memcpy(header, buf + XSTATE_BV, sizeof(header));
	if (!whole)
		return true;
	if (header[0] & ~host_guest_config()->xfeatures)
		return false;
	for (unsigned int i = 1; i < ARRAY_SIZE(header); i++)
		if (header[i])
			return false;
	return true;
}

int fpu_write(struct task_struct *task, const void *buf, bool whole)
{
	struct thread_struct *thread = &task->thread;
	u64 features;
	char *area;

	if (!area_is_good(buf, whole))
		return -EINVAL;
	/* A program that was just executed has no slot yet. */
	area = thread->slot && !thread->fpu_init ? slot_fpu(thread->slot) : thread->fpu_next;
	if (!area) {
		area = thread->fpu_next = kzalloc(fpu_user_size(), GFP_KERNEL);
		if (!area)
			return -ENOMEM;
	}
	memcpy(area, buf, xstate_size());
	if (!whole) {
		memcpy(&features, area + XSTATE_BV, sizeof(features));
		features |= XFEATURES_FPSSE;
		memcpy(area + XSTATE_BV, &features, sizeof(features));
	}
	write_sw(area);
	return 0;
}

void fpu_slot_load_next(struct task_struct *task)
{
	memcpy(slot_fpu(task->thread.slot), task->thread.fpu_next, xstate_size());
	write_sw(slot_fpu(task->thread.slot));
	kfree(task->thread.fpu_next);
	task->thread.fpu_next = NULL;
}

void fpu_clear(void)
{
	current->thread.fpu_init = true;
}
