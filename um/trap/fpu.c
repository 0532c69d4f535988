// SPDX-License-Identifier: MIT
/*
 * The guest's FPU state. It stays where the host's signal frame left it, in the slot, and is
 * loaded from there by xrstor; the kernel touches it only for signal frames, fork and exec.
 */
#include <kern/errno.h>
#include <kern/task.h>
#include <lib/string.h>
#include <um/fpu.h>
#include <um/setup.h>
#include "trap.h"

#define FX_SIZE		   512
#define FX_CWD		   0
#define FX_MXCSR	   24
#define FX_MXCSR_MASK	   28
#define FX_SW		   464
#define XSTATE_BV	   512
#define XCOMP_BV	   520
#define XHEADER_SIZE	   64
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

void fpu_clear(void)
{
	current->thread.fpu_init = true;
}
