// SPDX-License-Identifier: MIT
/* Sets of rules: a tree by object. */
#include <kern/errno.h>
#include <mm/slab.h>

#include "internal.h"

static struct landlock_rule *find_rule(const struct landlock_rules *rules,
				       const struct landlock_object *object)
{
	struct rb_node *node = rules->root.rb_node;

	while (node) {
		struct landlock_rule *rule = rb_entry(node, struct landlock_rule, node);

		if (rule->object == object)
			return rule;
		node = object < rule->object ? node->rb_left : node->rb_right;
	}
	return NULL;
}

access_t landlock_rules_find(const struct landlock_rules *rules,
			     const struct landlock_object *object)
{
	const struct landlock_rule *rule = find_rule(rules, object);

	return rule ? rule->access : 0;
}

int landlock_rules_add(struct landlock_rules *rules, struct landlock_object *object,
		       access_t access)
{
	struct rb_node **p = &rules->root.rb_node, *parent = NULL;
	struct landlock_rule *rule = find_rule(rules, object);

	if (rule) {
		rule->access |= access;
		landlock_object_put(object);
		return 0;
	}
	rule = kmalloc(sizeof(*rule), GFP_KERNEL);
	if (!rule) {
		landlock_object_put(object);
		return -ENOMEM;
	}
	rule->object = object;
	rule->access = access;
	while (*p) {
		parent = *p;
		p = object < rb_entry(parent, struct landlock_rule, node)->object ?
			    &parent->rb_left :
			    &parent->rb_right;
	}
	rb_link_node(&rule->node, parent, p);
	rb_insert_color(&rule->node, &rules->root);
	return 0;
}

int landlock_rules_copy(struct landlock_rules *to, const struct landlock_rules *from)
{
	struct rb_node *node;

	to->root = RB_ROOT;
	to->handled = from->handled;
	for (node = rb_first(&from->root); node; node = rb_next(node)) {
		struct landlock_rule *rule = rb_entry(node, struct landlock_rule, node);
		int error = landlock_rules_add(to, landlock_object_dup(rule->object), rule->access);

		if (error) {
			landlock_rules_free(to);
			return error;
		}
	}
	return 0;
}

void landlock_rules_free(struct landlock_rules *rules)
{
	struct rb_node *node;

	while ((node = rb_first(&rules->root))) {
		struct landlock_rule *rule = rb_entry(node, struct landlock_rule, node);

		rb_erase(node, &rules->root);
		landlock_object_put(rule->object);
		kfree(rule);
	}
}
