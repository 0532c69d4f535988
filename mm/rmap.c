// SPDX-License-Identifier: MIT
/*
 * From a page to the entries that map it.
 *
 * Pages of files: the mapping's interval tree of areas says where a page may be mapped.
 *
 * Anonymous pages: an address space is a node (struct anon_mm) in the tree of a family, whose
 * edges are forks since exec. A page remembers the node in which it was made and its address.
 * Every mapping of it is in that node or in one below, at the same address: fork copies
 * entries to the same place. So a walk looks at one entry in each address space of a subtree,
 * whatever the number of areas. mremap() gives pages that are its own a new address; those
 * that it shares with a relative stay unfound, and so in memory, until they are copied.
 *
 *	a node lives as long as its address spaces or nodes below it: it may stand for the dead
 *	families deeper than MAX_DEPTH share the deepest node: daemons may fork for ever
 *	a page may outlive its node: who walks holds the page locked, sees it mapped within an RCU
 *	section, and takes a reference that fails for a node that is going
 *	a page that comes from swap and may be wanted by relatives belongs to the root
 *
 * Walks change entries under page_table_lock and note addresses whose host mappings have to go
 * in a struct rmap_flush: many pages share a request to each stub. Until it is flushed a guest
 * may still use the page.
 *
 * Lock order: mmap_lock, page lock, i_mmap_rwsem or the family's lock, page_table_lock.
 */
#include "vm.h"
#include "reclaim.h"

#include <kern/fork.h>
#include <kern/rcupdate.h>
#include <mm/memcontrol.h>
#include <kern/refcount.h>
#include <kern/sched.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

#define MAX_DEPTH 16

/*
 *   (c) constant      (r) root->lock
 */
struct anon_mm {
	refcount_t usage;		/* its address spaces, its children, walkers */
	unsigned int depth;		/* c */
	struct anon_mm *root, *parent;	/* c: parent is counted, NULL for a root */
	struct list_head mms;		/* r: mm_struct.anon_link */
	struct list_head children;	/* r */
	struct list_head sibling;	/* r */
	struct rw_semaphore lock;	/* of a root: the whole tree */
	struct rcu_head rcu;
};

/* ---- counters of mapped pages ---- */

void page_add_rmap(struct page *page, bool anon)
{
	if (atomic_inc_return(&page->_mapcount) == 1)
		mod_lruvec_page_state(page, anon ? NR_ANON_MAPPED : NR_FILE_MAPPED, 1);
}

void page_remove_rmap(struct page *page)
{
	if (!atomic_dec_and_test(&page->_mapcount))
		return;
	mod_lruvec_page_state(page, PageAnon(page) ? NR_ANON_MAPPED : NR_FILE_MAPPED, -1);
	if (unlikely(PageMlocked(page)))
		clear_page_mlock(page);
}

/* ---- families ---- */

static struct anon_mm *new_node(struct anon_mm *parent)
{
	struct anon_mm *node = kzalloc(sizeof(*node), GFP_KERNEL_ACCOUNT);

	if (!node)
		return NULL;
	refcount_set(&node->usage, 1);
	INIT_LIST_HEAD(&node->mms);
	INIT_LIST_HEAD(&node->children);
	INIT_LIST_HEAD(&node->sibling);
	init_rwsem(&node->lock);
	node->parent = parent;
	node->root = parent ? parent->root : node;
	node->depth = parent ? parent->depth + 1 : 0;
	return node;
}

static void put_node(struct anon_mm *node)
{
	while (node && refcount_dec_and_test(&node->usage)) {
		struct anon_mm *parent = node->parent;

		if (parent) {
			down_write(&node->root->lock);
			list_del(&node->sibling);
			up_write(&node->root->lock);
		}
		kfree_rcu(node, rcu);
		node = parent;
	}
}

int anon_mm_join(struct mm_struct *mm, struct mm_struct *parent)
{
	struct anon_mm *above = parent ? parent->anon : NULL, *node;

	if (above && above->depth == MAX_DEPTH) {
		node = above;
		refcount_inc(&node->usage);
	} else {
		node = new_node(above);
		if (!node)
			return -ENOMEM;
	}
	down_write(&node->root->lock);
	if (above && node != above) {
		refcount_inc(&above->usage);
		list_add_tail(&node->sibling, &above->children);
	}
	list_add_tail(&mm->anon_link, &node->mms);
	up_write(&node->root->lock);
	mm->anon = node;
	return 0;
}

void anon_mm_leave(struct mm_struct *mm)
{
	struct anon_mm *node = mm->anon;

	if (!node)
		return;
	down_write(&node->root->lock);
	list_del(&mm->anon_link);
	up_write(&node->root->lock);
	mm->anon = NULL;
	put_node(node);
}

void page_set_anon(struct page *page, struct mm_struct *mm, unsigned long addr, bool exclusive)
{
	struct anon_mm *node = exclusive ? mm->anon : mm->anon->root;

	WRITE_ONCE(page->mapping, (struct address_space *)((unsigned long)node | PAGE_MAPPING_ANON));
	page->index = addr >> PAGE_SHIFT;
}

void page_move_anon(struct page *page, struct mm_struct *mm, unsigned long addr)
{
	if (page_mapcount(page) == 1)
		page_set_anon(page, mm, addr, true);
}

/* The page's node with a reference, NULL when it is mapped nowhere. => page locked */
static struct anon_mm *get_page_node(struct page *page)
{
	struct anon_mm *node = NULL;

	rcu_read_lock();
	if (page_mapped(page))
		node = (struct anon_mm *)((unsigned long)READ_ONCE(page->mapping) &
					  ~PAGE_MAPPING_ANON);
	if (node && !refcount_inc_not_zero(&node->usage))
		node = NULL;
	rcu_read_unlock();
	return node;
}

/* ---- walks ---- */

static bool look_at(struct page *page, struct mm_struct *mm, unsigned long addr, rmap_one_t one,
		    void *arg)
{
	bool more = true;
	pte_t *ptep;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (ptep && pte_present(*ptep) && !pte_special(*ptep) && pte_page(*ptep) == page)
		more = one(page, mm, addr, ptep, arg);
	spin_unlock(&mm->page_table_lock);
	return more;
}

/* The node after this one in the subtree of top; NULL at the end. => family locked */
static struct anon_mm *next_member(struct anon_mm *node, struct anon_mm *top)
{
	if (!list_empty(&node->children))
		return list_first_entry(&node->children, struct anon_mm, sibling);
	while (node != top) {
		if (!list_is_last(&node->sibling, &node->parent->children))
			return list_next_entry(node, sibling);
		node = node->parent;
	}
	return NULL;
}

static void walk_anon(struct page *page, rmap_one_t one, void *arg)
{
	struct anon_mm *top = get_page_node(page), *node;
	unsigned long addr = page->index << PAGE_SHIFT;
	struct mm_struct *mm;

	if (!top)
		return;
	down_read(&top->root->lock);
	for (node = top; node && page_mapped(page); node = next_member(node, top))
		list_for_each_entry(mm, &node->mms, anon_link)
			if (!look_at(page, mm, addr, one, arg))
				goto out;
out:
	up_read(&top->root->lock);
	put_node(top);
}

static void walk_file(struct page *page, rmap_one_t one, void *arg, bool wait)
{
	struct address_space *mapping = page->mapping;
	struct vm_area_struct *vma;

	if (!mapping)
		return;
	if (wait)
		down_read(&mapping->i_mmap_rwsem);
	else if (!down_read_trylock(&mapping->i_mmap_rwsem))
		return;
	for (vma = i_mmap_first(mapping, page->index, page->index); vma;
	     vma = i_mmap_next(vma, page->index, page->index)) {
		unsigned long addr = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);

		if (!look_at(page, vma->vm_mm, addr, one, arg))
			break;
	}
	up_read(&mapping->i_mmap_rwsem);
}

void rmap_walk(struct page *page, rmap_one_t one, void *arg, bool wait)
{
	if (!page_mapped(page))
		return;
	if (PageAnon(page))
		walk_anon(page, one, arg);
	else
		walk_file(page, one, arg, wait);
}

/* ---- host mappings that have to go ---- */

bool rmap_flush_add(struct rmap_flush *flush, struct mm_struct *mm, unsigned long addr)
{
	if (flush->nr == ARRAY_SIZE(flush->mms))
		return false;
	mmgrab(mm);
	flush->mms[flush->nr] = mm;
	flush->addrs[flush->nr++] = addr;
	return true;
}

void rmap_flush_now(struct rmap_flush *flush)
{
	unsigned long addrs[ARRAY_SIZE(flush->addrs)];

	for (unsigned int i = 0; i < flush->nr; i++) {
		struct mm_struct *mm = flush->mms[i];
		unsigned int n = 0;

		if (!mm)
			continue;
		for (unsigned int j = i; j < flush->nr; j++) {
			if (flush->mms[j] != mm)
				continue;
			addrs[n++] = flush->addrs[j];
			if (j > i) {
				flush->mms[j] = NULL;
				mmdrop(mm);
			}
		}
		flush_tlb_pages(mm, addrs, n);
		mmdrop(mm);
	}
	flush->nr = 0;
}

/* ---- what reclaim asks ---- */

struct referenced_arg {
	struct rmap_flush *flush;
	int count;
};

static bool referenced_one(struct page *page, struct mm_struct *mm, unsigned long addr,
			   pte_t *ptep, void *data)
{
	struct referenced_arg *arg = data;
	pte_t pte = ptep_get(ptep);

	if (!pte_young(pte))
		return true;
	arg->count++;
	if (!rmap_flush_add(arg->flush, mm, addr))
		return false;
	set_pte(ptep, pte_mkold(pte));
	return true;
}

int page_referenced(struct page *page, struct rmap_flush *flush)
{
	struct referenced_arg arg = { .flush = flush };

	rmap_walk(page, referenced_one, &arg, false);
	if (TestClearPageReferenced(page))
		arg.count++;
	return arg.count;
}

/* ---- taking entries away ---- */

struct unmap_arg {
	struct rmap_flush *flush;
	unsigned int unmapped;
};

static bool unmap_one(struct page *page, struct mm_struct *mm, unsigned long addr, pte_t *ptep,
		      void *data)
{
	struct unmap_arg *arg = data;
	pte_t pte = ptep_get(ptep);

	/* A swap entry has no place for the mark. */
	if (unlikely(pte_uffd_wp(pte)) || !rmap_flush_add(arg->flush, mm, addr))
		return false;
	pmd_split_huge(mm, addr);
	if (PageAnon(page) && PageSwapCache(page)) {
		swp_entry_t entry = page_swap_entry(page);

		swap_duplicate(entry);
		set_pte(ptep, swp_entry_to_pte(entry));
		add_mm_counter(mm, MM_SWAPENTS, 1);
	} else {
		set_pte(ptep, __pte(0));
		if (pte_dirty(pte))
			set_page_dirty(page);
	}
	update_hiwater_rss(mm);
	add_mm_counter(mm, page_rss_type(page), -1);
	page_remove_rmap(page);
	arg->unmapped++;
	return true;
}

unsigned int try_to_unmap(struct page *page, struct rmap_flush *flush)
{
	struct unmap_arg arg = { .flush = flush };

	rmap_walk(page, unmap_one, &arg, false);
	return arg.unmapped;
}
