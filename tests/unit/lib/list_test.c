// SPDX-License-Identifier: MIT
/* Lists and hash chains, against arrays. */
#include <kern/ktest.h>
#include <lib/hashtable.h>
#include <lib/list.h>
#include <lib/llist.h>
#include <lib/rculist.h>
#include <lib/sort.h>

struct item {
	struct list_head link;
	struct hlist_node hash;
	struct llist_node lock_free;
	int value;
	int order;
};

/* Does the list hold these values, seen from both ends? */
static bool holds(struct list_head *head, const int *want, int n)
{
	struct item *item;
	int i = 0;

	list_for_each_entry(item, head, link)
		if (i >= n || item->value != want[i++])
			return false;
	if (i != n)
		return false;
	list_for_each_entry_reverse(item, head, link)
		if (item->value != want[--i])
			return false;
	return i == 0;
}

#define HOLDS(head, ...) ({ int __want[] = { __VA_ARGS__ };			\
	holds(head, __want, sizeof(__want) / sizeof(int)); })

static void fill(struct list_head *head, struct item *items, int n)
{
	INIT_LIST_HEAD(head);
	for (int i = 0; i < n; i++) {
		items[i].value = i;
		list_add_tail(&items[i].link, head);
	}
}

KTEST_BARE(list, starts_empty)
{
	LIST_HEAD(head);

	KEXPECT_TRUE(list_empty(&head));
	KEXPECT_TRUE(list_empty_careful(&head));
	KEXPECT_FALSE(list_is_singular(&head));
	KEXPECT_NULL(list_first_entry_or_null(&head, struct item, link));
	KEXPECT_EQ(list_count_nodes(&head), 0UL);
}

KTEST_BARE(list, adds_at_both_ends)
{
	struct item items[3] = { { .value = 0 }, { .value = 1 }, { .value = 2 } };
	LIST_HEAD(head);

	list_add(&items[0].link, &head);
	KEXPECT_TRUE(list_is_singular(&head));
	list_add(&items[1].link, &head);
	list_add_tail(&items[2].link, &head);
	KEXPECT_TRUE(HOLDS(&head, 1, 0, 2));
	KEXPECT_TRUE(list_is_first(&items[1].link, &head));
	KEXPECT_TRUE(list_is_last(&items[2].link, &head));
	KEXPECT_EQ(list_first_entry(&head, struct item, link)->value, 1);
	KEXPECT_EQ(list_last_entry(&head, struct item, link)->value, 2);
}

KTEST_BARE(list, removes_and_poisons)
{
	struct item items[3];
	struct list_head head;

	fill(&head, items, 3);
	list_del(&items[1].link);
	KEXPECT_TRUE(HOLDS(&head, 0, 2));
	KEXPECT_EQ(items[1].link.next, (struct list_head *)LIST_POISON1);
	list_del_init(&items[0].link);
	KEXPECT_TRUE(list_empty(&items[0].link));
	KEXPECT_TRUE(HOLDS(&head, 2));
}

KTEST_BARE(list, moves_replaces_swaps_rotates)
{
	struct item items[4], extra = { .value = 9 };
	struct list_head head;

	fill(&head, items, 4);
	list_move(&items[2].link, &head);
	KEXPECT_TRUE(HOLDS(&head, 2, 0, 1, 3));
	list_move_tail(&items[2].link, &head);
	KEXPECT_TRUE(HOLDS(&head, 0, 1, 3, 2));
	list_replace_init(&items[1].link, &extra.link);
	KEXPECT_TRUE(HOLDS(&head, 0, 9, 3, 2));
	list_swap(&items[0].link, &items[2].link);
	KEXPECT_TRUE(HOLDS(&head, 2, 9, 3, 0));
	list_swap(&extra.link, &items[3].link);
	KEXPECT_TRUE(HOLDS(&head, 2, 3, 9, 0));
	list_rotate_left(&head);
	KEXPECT_TRUE(HOLDS(&head, 3, 9, 0, 2));
	list_rotate_to_front(&items[0].link, &head);
	KEXPECT_TRUE(HOLDS(&head, 0, 2, 3, 9));
}

KTEST_BARE(list, splices_and_cuts)
{
	struct item a[3], b[3];
	struct list_head x, y, z;

	fill(&x, a, 3);
	fill(&y, b, 3);
	list_splice_init(&y, &x);
	KEXPECT_TRUE(HOLDS(&x, 0, 1, 2, 0, 1, 2));
	KEXPECT_TRUE(list_empty(&y));
	list_cut_position(&y, &x, &b[1].link);
	KEXPECT_TRUE(HOLDS(&y, 0, 1));
	KEXPECT_TRUE(HOLDS(&x, 2, 0, 1, 2));
	list_splice_tail_init(&y, &x);
	KEXPECT_TRUE(HOLDS(&x, 2, 0, 1, 2, 0, 1));
	list_cut_before(&z, &x, &a[0].link);
	KEXPECT_TRUE(HOLDS(&z, 2));
	KEXPECT_TRUE(HOLDS(&x, 0, 1, 2, 0, 1));
	list_cut_position(&z, &x, &x);
	KEXPECT_TRUE(list_empty(&z));
	list_bulk_move_tail(&z, &a[1].link, &a[2].link);
	KEXPECT_TRUE(HOLDS(&z, 1, 2));
	KEXPECT_TRUE(HOLDS(&x, 0, 0, 1));
}

KTEST_BARE(list, survives_removal_while_walking)
{
	struct item items[10], *item, *next;
	struct list_head head;

	fill(&head, items, 10);
	list_for_each_entry_safe(item, next, &head, link)
		if (item->value % 2)
			list_del(&item->link);
	KEXPECT_TRUE(HOLDS(&head, 0, 2, 4, 6, 8));
	list_for_each_entry_safe_reverse(item, next, &head, link)
		if (item->value > 3)
			list_del(&item->link);
	KEXPECT_TRUE(HOLDS(&head, 0, 2));
}

static int by_value(void *priv, const struct list_head *a, const struct list_head *b)
{
	(*(int *)priv)++;
	return list_entry(a, struct item, link)->value - list_entry(b, struct item, link)->value;
}

KTEST_BARE(list, sort_is_right_and_stable)
{
	static struct item items[500];

	for (int n = 0; n <= 500; n += n < 20 ? 1 : 97) {
		struct item *item, *prev = NULL;
		int compares = 0, count = 0;
		LIST_HEAD(head);

		for (int i = 0; i < n; i++) {
			items[i].value = ktest_random_below(50);
			items[i].order = i;
			list_add_tail(&items[i].link, &head);
		}
		list_sort(&compares, &head, by_value);
		list_for_each_entry(item, &head, link) {
			KASSERT_EQ(item->link.prev, prev ? &prev->link : &head);
			if (prev)
				KASSERT_TRUE(prev->value < item->value ||
					     (prev->value == item->value && prev->order < item->order));
			prev = item;
			count++;
		}
		KASSERT_EQ(count, n);
		KASSERT_LE(compares, n * 10);
	}
}

KTEST_BARE(hlist, adds_removes_and_moves)
{
	struct item items[4] = { { .value = 0 }, { .value = 1 }, { .value = 2 }, { .value = 3 } };
	struct item *item;
	HLIST_HEAD(head);
	HLIST_HEAD(other);
	int sum = 0;

	INIT_HLIST_NODE(&items[3].hash);
	KEXPECT_TRUE(hlist_unhashed(&items[3].hash));
	hlist_add_head(&items[0].hash, &head);
	KEXPECT_TRUE(hlist_is_singular_node(&items[0].hash, &head));
	hlist_add_before(&items[1].hash, &items[0].hash);
	hlist_add_behind(&items[2].hash, &items[0].hash);
	hlist_for_each_entry(item, &head, hash)
		sum = sum * 10 + item->value;
	KEXPECT_EQ(sum, 102);
	hlist_del_init(&items[0].hash);
	KEXPECT_TRUE(hlist_unhashed(&items[0].hash));
	hlist_del_init(&items[0].hash);
	hlist_move_list(&head, &other);
	KEXPECT_TRUE(hlist_empty(&head));
	KEXPECT_EQ(hlist_entry(other.first, struct item, hash)->value, 1);
	hlist_del(&items[1].hash);
	hlist_del(&items[2].hash);
	KEXPECT_TRUE(hlist_empty(&other));
}

KTEST_BARE(hlist, rcu_removal_keeps_the_way_forward)
{
	struct item items[3] = { { .value = 0 }, { .value = 1 }, { .value = 2 } };
	HLIST_HEAD(head);

	hlist_add_head_rcu(&items[0].hash, &head);
	hlist_add_behind_rcu(&items[1].hash, &items[0].hash);
	hlist_add_tail_rcu(&items[2].hash, &head);
	hlist_del_init_rcu(&items[1].hash);
	KEXPECT_EQ(items[1].hash.next, &items[2].hash);
	KEXPECT_EQ(items[0].hash.next, &items[2].hash);
	KEXPECT_TRUE(hlist_unhashed(&items[1].hash));
}

KTEST_BARE(hashtable, finds_what_was_added)
{
	static DEFINE_HASHTABLE(table, 4);
	static struct item items[100];
	struct hlist_node *tmp;
	struct item *item;
	int bucket, count = 0;

	KEXPECT_TRUE(hash_empty(table));
	for (int i = 0; i < 100; i++) {
		items[i].value = i;
		hash_add(table, &items[i].hash, i);
	}
	for (int i = 0; i < 100; i++) {
		int found = 0;

		hash_for_each_possible(table, item, hash, i)
			found += item->value == i;
		KEXPECT_EQ(found, 1);
	}
	hash_for_each_safe(table, bucket, tmp, item, hash) {
		hash_del(&item->hash);
		count++;
	}
	KEXPECT_EQ(count, 100);
	KEXPECT_TRUE(hash_empty(table));
}

KTEST_BARE(llist, is_a_stack_that_is_taken_whole)
{
	struct item items[4] = { { .value = 0 }, { .value = 1 }, { .value = 2 }, { .value = 3 } };
	struct llist_node *all;
	struct item *item;
	LLIST_HEAD(head);
	int sum = 0;

	KEXPECT_TRUE(llist_add(&items[0].lock_free, &head));
	for (int i = 1; i < 4; i++)
		KEXPECT_FALSE(llist_add(&items[i].lock_free, &head));
	KEXPECT_EQ(llist_entry(llist_del_first(&head), struct item, lock_free)->value, 3);
	all = llist_del_all(&head);
	KEXPECT_TRUE(llist_empty(&head));
	KEXPECT_NULL(llist_del_first(&head));
	llist_for_each_entry(item, llist_reverse_order(all), lock_free)
		sum = sum * 10 + item->value + 1;
	KEXPECT_EQ(sum, 123);
}
