/* SPDX-License-Identifier: MIT */
/* Stubs as the kernel sees them: for um/mm and um/trap only. */
#ifndef UM_MM_GUEST_H
#define UM_MM_GUEST_H

#include "../internal.h"
#include "../text/text.h"
#include <kern/mutex.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <um/stub_layout.h>

struct mm_struct;
struct pt_regs;

#define GUEST_MAX_RANGES 32
#define GUEST_KEYS	 11

typedef long long guest_key_t __attribute__((vector_size(16)));

/* Entries that wait to be mapped in the stub. */
struct guest_range {
	unsigned long addr;
	unsigned int nr;
};

/* Page table entries that one mmap() of the stub can show. */
struct guest_run {
	unsigned long addr, phys, size;
	int prot;
	bool file; /* all of them are pages of files */
};

/* Addresses of rewritten sites, by number (um/text). */
#define GUEST_SITES_CHUNK 64
#define GUEST_SITE_CHUNKS (STUB_MAX_SITES / GUEST_SITES_CHUNK)
struct guest_sites {
	unsigned long at[GUEST_SITES_CHUNK];
};

/* A `syscall` that came by signal, and how often. */
#define GUEST_HOT 64
struct guest_hot {
	unsigned long ip;
	unsigned int count;
};

/* A run of addresses that the stub has mapped with one protection. */
struct guest_area {
	struct rb_node node;
	unsigned long start, end;
	unsigned long phys; /* of pages of a file that may not be written; else 0 */
	int prot;
};

/* A mapping that a stub without address space still has (kept.c). */
#define GUEST_MAX_KEPT 32
struct guest_kept {
	unsigned long addr, phys, size;
	int prot;
};

/*
 * One host thread that runs one guest thread. Its memory is shared with the guest, which can
 * write all of it: what is read from there is copied once and then checked.
 *   (o) the task that owns it
 *   (l) guest->lock
 */
struct guest_slot {
	struct guest *guest;		    /* constant */
	struct list_head link;		    /* l: in guest->free_slots */
	struct guest_slot *next;	    /* l: all of the stub */
	unsigned int index;		    /* constant */
	int tid;			    /* constant once the thread exists: from the mapper */
	void *mem;			    /* constant: config.slot_size bytes */
	u32 seen;			    /* o: events taken so far */
	bool kicked;	/* o: a kick may be on its way: see recycle.c */
	bool old_stack; /* o: it sleeps on its last guest's stack, unless it has woken since */
	unsigned long fault_ip, fault_addr; /* o: of the last event, if it was a page fault */
	int core;			    /* o: host core that the thread is bound to, or -1 */
	unsigned int faults;		    /* o: since the last call (virtual time) */
	/* o: handover.c */
	bool away;		  /* it spins on another core than its vCPU */
	bool settling;		  /* the next run measures nothing */
	bool by_mapper;		  /* the mapper lets it go this time */
	bool outlasted;		  /* this run outlasted the vCPU's spin */
	int score, crowded;	  /* how well spinning would do; ticks without a core to spare */
	int holdoff;		  /* ticks to stay home after the next failure */
	unsigned int handovers;	  /* since it went away */
	unsigned long home_until; /* jiffies */
	unsigned long checked;	  /* jiffies of the last look for a core to spare */
	u64 released;		  /* cycles */
	int owner;		  /* its task's number; read by the audit */
	u64 runs;		  /* times that it was let go; likewise */
	bool running;		  /* it has not announced an event since; likewise */
	u64 out_since;		  /* cycles when its task left the vCPU, or 0 */
	bool back_soon;		  /* the last time it had it again before a spin was over */
	u64 round_began, round;	  /* cycles: the last release, or 0; mean time between two */
	/* o: trampoline.c; the last four are of the call that it is in */
	bool in_trampoline;
	struct site site;
	unsigned long tramp_ip, tramp_flags, tramp_fsbase;
};

/*
 * A stub.
 *   (l) lock      (r) range_lock      (p) pool_lock (guest.c)     (c) constant once it is ready
 * Order: mmap_lock, guest->lock, mm->page_table_lock.
 */
struct guest {
	struct host_guest host; /* the host's, but for kill requests */
	refcount_t usage;	/* its mm, and each slot in use */
	bool ready;		/* c: first request answered, keys wiped */

	struct mutex lock;	      /* one request at a time */
	void *request, *done;	      /* c: pages */
	u8 *policies;		      /* c: behind the request page; a byte is its slot's owner's */
	guest_key_t keys[GUEST_KEYS]; /* c */
	u32 seq;		      /* l: last request */
	bool outstanding;	      /* l: not answered yet */
	bool once;		      /* l: it must not be sent again */
	bool making_thread;	      /* l: the operations added so far include a clone */
	u64 result;		      /* l: of the last request answered */
	int core;		      /* l: the mapper's host core, or -1 */
	unsigned int nops;	      /* l: operations written so far */

	struct rb_root areas;	  /* l: what is mapped, by address */
	unsigned long mappings;	  /* l: mmap()s since all was dropped: bounds host VMAs */
	bool distrust;		  /* x: a fault came twice: map again what seems mapped */
	struct guest_area *spare; /* l: so that one insertion cannot fail */
	struct guest_run runs[REQUEST_MAX_OPS]; /* l: of the request that is being built */
	unsigned int nruns;			/* l */
	struct guest_kept kept[GUEST_MAX_KEPT]; /* l */
	unsigned int nkept;			/* l; read without it: are there any? */
	u64 family;				/* l: of address spaces, whose text that is */

	struct guest_sites *sites[GUEST_SITE_CHUNKS]; /* l; read without it */
	struct guest_hot hot[GUEST_HOT];	      /* any: a hint */
	bool plain_text;			      /* x: show no rewritten sites */

	spinlock_t range_lock;
	struct guest_range ranges[GUEST_MAX_RANGES]; /* r */
	unsigned int nranges;			     /* r; read without it as a hint */

	struct guest_slot *slots;    /* l */
	struct list_head free_slots; /* l */
	unsigned int nslots;	     /* l */

	/* um/time/steal.c */
	spinlock_t clock_lock;
	u64 clock;  /* clock_lock: its CPU clock at the last look */
	u64 credit; /* clock_lock: CPU time of before then that no vCPU has claimed */

	struct list_head link; /* p: in the pool, or dying */

	/* audit.c, under its mutex: of the last look */
	struct list_head audit_link;
	u64 audit_runs, audit_cpu;
	bool audit_running;
};

/* ---- guest.c: life ---- */

/*
 * A stub that is ready, at best one that has the family's text; NULL when the host gives none.
 * => may sleep
 */
struct guest *guest_take(u64 family);
void guest_get(struct guest *guest);
void guest_put(struct guest *guest);
/* Asks the host for its end. => any context */
void guest_kill(struct guest *guest);
/* Is it gone, or as good as gone? */
bool guest_doomed(const struct guest *guest);

/* A host thread for a further guest thread; NULL when there is none. => may sleep */
struct guest_slot *guest_slot_take(struct guest *guest);
void guest_slot_put(struct guest_slot *slot);

/* ---- audit.c: stubs that run without leave ---- */

void guest_audit_add(struct guest *guest);
/* => may sleep; it need not have been added */
void guest_audit_remove(struct guest *guest);

/* ---- um/time/steal.c: whose CPU clock counts ---- */

DECLARE_PER_CPU(struct guest *, guest_clock_last);
/* This vCPU's time may be the guest's from here on. => any context */
void guest_clock_add(struct guest *guest);
static inline void guest_clock_note(struct guest *guest)
{
	if (unlikely(this_cpu_read(guest_clock_last) != guest))
		guest_clock_add(guest);
}
/* It is gone. */
void guest_clock_forget(const struct guest *guest);

/* ---- recycle.c: a second life ---- */

/* Could this stub serve another address space? => nobody uses it any more */
bool guest_can_renew(const struct guest *guest);
/*
 * Makes it as new. False: it cannot be now; if the caller was patient, or it is doomed, it must be
 * killed. Only the patient let others have the vCPU. => private to the caller; may sleep
 */
bool guest_renew(struct guest *guest, bool patient);

/* Unmaps what it keeps. False: it must be killed. => private to the caller; may sleep */
bool guest_drop_kept(struct guest *guest);

/* ---- kept.c: text that outlives its address space ---- */

/*
 * Keeps what can be kept of what is mapped, and takes it out of the record. => lock held, nothing
 * outstanding; the page tables still hold the pages
 */
void guest_keep(struct guest *guest, u64 family);
/*
 * Records what was kept and is mapped again by guest->runs, and adds operations that unmap the
 * rest. => lock held, no operations yet; then wait for them, and guest_put_kept()
 */
void guest_match_kept(struct guest *guest);
/* Lets go of the pages. => lock held or private; what is not recorded is unmapped */
void guest_put_kept(struct guest *guest);
/* By all stubs. */
unsigned long guest_pages_kept(void);

/* ---- mapper.c: requests ---- */

/* How long a wait for a stub has lasted; begin with zeroes. See mapper.c. */
struct guest_patience {
	u64 last;      /* time of the last look */
	u64 waited;    /* ns so far */
	u64 round_end; /* of `waited` */
	u64 cpu;       /* the stub's CPU time after the first round */
};

enum guest_patience_state {
	GUEST_WAIT_ON,
	GUEST_WAIT_ROUND, /* GUEST_WAIT_NS more have passed: ask again, let others run */
	GUEST_WAIT_OVER,  /* the stub has had its chance */
};
/* Call after each sleep of a wait. */
enum guest_patience_state guest_patience(struct guest_patience *patience, struct guest *guest);

/* The longest sleep, and the length of a round. */
#define GUEST_WAIT_NS 50000000UL

/* Sleeps while *word == value, at most GUEST_WAIT_NS; interrupts are served. => interrupts on */
int guest_wait_word(volatile u32 *word, u32 value);

/*
 * Gives the host core to its other threads once; false when they keep it for too long these
 * days (um/trap/handover.c).
 */
bool quick_yield(void);

/* => lock held. Waits for the answer of the last request; 0, or -ESRCH: the stub is gone. */
int guest_complete(struct guest *guest);
/* => lock held, nothing outstanding. Adds an operation; false when the request is full. */
bool guest_op(struct guest *guest, int nr, unsigned long a, unsigned long b, unsigned long c,
	      unsigned long d, unsigned long e, unsigned long f);
/* => lock held. Sends the operations added; lets `slot` (or NULL) go afterwards. */
void guest_post(struct guest *guest, struct guest_slot *slot);
/* guest_post() and guest_complete(); -ESRCH, or the host's error in the last operation. */
int guest_post_wait(struct guest *guest);

/* ---- tlb.c: mappings ---- */

/*
 * Maps what waits in the queue. => lock held, nothing outstanding, may sleep. True when
 * operations are left to be sent by the caller's guest_post().
 */
bool guest_build_ranges(struct guest *guest, struct mm_struct *mm);
/* Queues for the child what the parent's stub has mapped (fork). => may sleep */
void guest_inherit(struct mm_struct *child, struct guest *parent);
void guest_forget_areas(struct guest *guest);
/* Adds the operations that unmap all that is a guest's. => lock held, nothing outstanding */
void guest_unmap_ops(struct guest *guest);
/* Does the stub have, or will it by this request, anything at addr? => lock held */
bool guest_has_mapped(const struct guest *guest, unsigned long addr);

/* ---- memory of a slot ---- */

static inline unsigned long slot_address(const struct guest_slot *slot)
{
	return STUB_SLOTS + (unsigned long)slot->index * STUB_SLOT_STRIDE;
}

static inline volatile u32 *slot_word(const struct guest_slot *slot, unsigned int offset)
{
	return (volatile u32 *)((char *)slot->mem + offset);
}

static inline volatile u64 *slot_quad(const struct guest_slot *slot, unsigned int offset)
{
	return (volatile u64 *)((char *)slot->mem + offset);
}

/* What its trampolines find it by. */
static inline void slot_identify(const struct guest_slot *slot)
{
	*slot_quad(slot, SLOT_SELF) = slot_address(slot);
}

#endif
