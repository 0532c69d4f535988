/* SPDX-License-Identifier: MIT */
/*
 * Pressure stall information, of the system and of each group of tasks, as files show it. What the
 * kernel tells of its stalls (psi_memstall_enter()) is in <kern/sched.h>.
 */
#ifndef KERN_PSI_H
#define KERN_PSI_H

#include <asm/poll.h>
#include <kern/types.h>

struct file;
struct poll_table_struct;
struct psi_group;
struct psi_trigger;
struct seq_file;
struct task_group;

enum psi_resource { PSI_CPU, PSI_IO, PSI_MEM };

/* States in which a group can be on a CPU: several at a time. */
enum psi_state {
	PSI_CPU_SOME, PSI_CPU_FULL, PSI_IO_SOME, PSI_IO_FULL, PSI_MEM_SOME, PSI_MEM_FULL,
	PSI_NONIDLE, NR_PSI_STATES
};

struct psi_figures {
	unsigned long average[3]; /* per cent over 10, 60, 300 s, with FSHIFT bits */
	u64 total_ns;
};

/* That of all tasks. */
extern struct psi_group psi_system;

/* That of a group of tasks, which keeps it; of NULL (the top group), psi_system. */
struct psi_group *sched_group_psi(struct task_group *group);

/*
 * Accounting of a group, not of those below it, stops, or begins with averages of nothing.
 * => may sleep; the caller serialises these calls
 */
void psi_group_enable(struct psi_group *group, bool enable);

/* => may not be called with interrupts masked */
void psi_fetch(struct psi_group *group, enum psi_state state, struct psi_figures *figures);
/* The total as of now, in ns. => may not be called with interrupts masked */
u64 psi_total(struct psi_group *group, enum psi_state state);

/* The two lines "some ..." and "full ...". */
void psi_show(struct seq_file *m, struct psi_group *group, enum psi_resource resource);

/*
 * Triggers (kernel/sched/psi_trigger.c). An open file has room for one, NULL at first.
 *
 * psi_trigger_write() makes one of a text as "some 150000 1000000"; it keeps the group: 0, -EBUSY
 * (there is one), -EINVAL, -ENOMEM. => may sleep
 */
int psi_trigger_write(struct psi_trigger **slot, struct psi_group *group,
		      enum psi_resource resource, char *text);
/* The answer of the file's poll(). */
__poll_t psi_trigger_poll(struct psi_trigger **slot, struct file *file,
			  struct poll_table_struct *wait);
/* The file is closed: nobody polls it. => may sleep */
void psi_trigger_release(struct psi_trigger **slot);

#endif
