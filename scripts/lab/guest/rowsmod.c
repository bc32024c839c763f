/* Maintainers: the kernel's half of stress-highalloc in a real guest (docs/HIGHALLOC.md).
 *
 * Rows that only a kernel can carry out (slab, page tables, the test's own order-9 pages) and the two balloons that a stock guest
 * does not have: pinned (single unmovable pages) and prevent (whole pageblocks first).
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/shrinker.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

struct row {
	s32 kind, first, nr, arg;
};

/* Kinds of engine/core/workload/stress_builds.py that come here. */
enum { ROW_TOUCH = 1, ROW_DROP = 2, ROW_SLAB = 9, ROW_SLAB_DROP = 10, ROW_HUGE = 11, ROW_HUGE_FREE = 12 };

#define QUIET (__GFP_NOWARN | __GFP_NOMEMALLOC)
#define GFP_SINGLE (GFP_HIGHUSER | __GFP_NORETRY | QUIET)
#define GFP_BLOCK (GFP_HIGHUSER | __GFP_RETRY_MAYFAIL | QUIET)

static struct page **held; /* by handle */
static u8 *held_order;
static u64 nr_handles, log_base, stuck_in = 10;
static unsigned long log_head, log_tail; /* the log of reclaimable slab: freed before, appended up to */
static DEFINE_SPINLOCK(log_lock);
static unsigned long attempts, successes, refused;
static LIST_HEAD(huge);
static LIST_HEAD(singles); /* balloon pages, newest first */
static LIST_HEAD(blocks);
static unsigned long nr_balloon;
static struct dentry *root;

static bool hold(unsigned long handle, unsigned int order, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp | __GFP_NOWARN | (order ? __GFP_COMP : 0), order);

	held[handle] = page;
	held_order[handle] = order;
	return page;
}

static void let_go(unsigned long handle)
{
	struct page *page = xchg(&held[handle], NULL);

	if (page)
		__free_pages(page, held_order[handle]);
}

/* One slab in stuck_in holds an object in use: the same ones as in the simulator, whatever the design. */
static bool shrink_one(unsigned long entry)
{
	if (((entry * 2654435761UL) >> 8) % stuck_in == 0)
		return false;
	let_go(log_base + entry);
	return true;
}

static bool next_entry(unsigned long *entry)
{
	bool some;

	spin_lock(&log_lock);
	some = log_head < log_tail;
	if (some)
		*entry = log_head++;
	spin_unlock(&log_lock);
	return some;
}

static unsigned long log_count(struct shrinker *s, struct shrink_control *sc)
{
	return log_tail - log_head ?: SHRINK_EMPTY;
}

static unsigned long log_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long entry, freed = 0, seen = 0;

	while (seen < sc->nr_to_scan && next_entry(&entry)) {
		freed += shrink_one(entry);
		seen++;
	}
	sc->nr_scanned = seen;
	return seen ? freed : SHRINK_STOP;
}

static void touch(const struct row *r, unsigned long end)
{
	unsigned long h;

	for (h = r->first; h < end; h++)
		if (!held[h] && !hold(h, r->arg >> 8, GFP_KERNEL | __GFP_RETRY_MAYFAIL)) {
			refused += end - h;
			return;
		}
}

static void slab(const struct row *r, unsigned long end)
{
	unsigned long h;

	for (h = r->first; h < end; h++) {
		bool got = r->arg && hold(h, r->arg, GFP_KERNEL | __GFP_RECLAIMABLE | __GFP_NORETRY);

		if (!got && !hold(h, 0, GFP_KERNEL | __GFP_RECLAIMABLE | __GFP_RETRY_MAYFAIL))
			refused++;
		spin_lock(&log_lock);
		log_tail = h + 1 - log_base;
		spin_unlock(&log_lock);
	}
}

static void give_back(struct list_head *list, unsigned int order, unsigned long nr)
{
	while (nr-- && !list_empty(list)) {
		struct page *page = list_first_entry(list, struct page, lru);

		list_del(&page->lru);
		__free_pages(page, order);
		cond_resched();
	}
}

static void run_row(const struct row *r)
{
	unsigned long h, end = (unsigned long)r->first + r->nr;
	struct page *page;

	if (end > nr_handles)
		return;
	switch (r->kind) {
	case ROW_TOUCH:
		touch(r, end);
		break;
	case ROW_DROP:
		for (h = r->first; h < end; h++)
			let_go(h);
		break;
	case ROW_SLAB:
		slab(r, end);
		break;
	case ROW_SLAB_DROP:
		while (next_entry(&h))
			shrink_one(h);
		break;
	case ROW_HUGE: /* neither repeat nor no-retry, as the test of mmtests asks */
		attempts++;
		page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, pageblock_order);
		if (page) {
			successes++;
			list_add(&page->lru, &huge);
		}
		break;
	case ROW_HUGE_FREE:
		give_back(&huge, pageblock_order, ULONG_MAX);
		break;
	}
}

static ssize_t rows_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	struct row r;
	size_t i;

	if (!held || !held_order)
		return -EINVAL;
	for (i = 0; i + sizeof(r) <= size; i += sizeof(r)) {
		if (copy_from_user(&r, from + i, sizeof(r)))
			return -EFAULT;
		run_row(&r);
		cond_resched();
	}
	return size;
}

static ssize_t rows_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	u64 status[5] = { si_mem_available(), attempts, successes, refused, nr_balloon };

	if (size < sizeof(status) || copy_to_user(to, status, sizeof(status)))
		return -EINVAL;
	return sizeof(status);
}

static const struct file_operations rows_fops = {
	.owner = THIS_MODULE, .write = rows_write, .read = rows_read,
};

static int set_handles(void *data, u64 nr)
{
	nr_handles = nr;
	held = vzalloc(nr * sizeof(*held));
	held_order = vzalloc(nr);
	return held && held_order ? 0 : -ENOMEM;
}
DEFINE_DEBUGFS_ATTRIBUTE(handles_fops, NULL, set_handles, "%llu\n");

static bool inflate_one(void)
{
	struct page *page = alloc_page(GFP_SINGLE);

	if (!page)
		return false;
	__SetPageOffline(page);
	list_add(&page->lru, &singles);
	nr_balloon++;
	return true;
}

static bool inflate_block(void)
{
	struct page *page = alloc_pages(GFP_BLOCK, pageblock_order);
	unsigned long i;

	if (!page)
		return false;
	split_page(page, pageblock_order);
	for (i = 0; i < pageblock_nr_pages; i++) {
		__SetPageOffline(page + i);
		list_add(&page[i].lru, &blocks);
	}
	nr_balloon += pageblock_nr_pages;
	return true;
}

static unsigned long deflate(struct list_head *list, unsigned long nr)
{
	unsigned long done = 0;

	while (done < nr && !list_empty(list)) {
		struct page *page = list_first_entry(list, struct page, lru);

		list_del(&page->lru);
		__ClearPageOffline(page);
		__free_page(page);
		done++;
		cond_resched();
	}
	nr_balloon -= done;
	return done;
}

enum { PINNED, PREVENT, DEFLATE };

static int balloon(void *data, u64 nr)
{
	u64 done = 0;

	if ((long)data == DEFLATE) {
		done = deflate(&singles, nr);
		deflate(&blocks, nr - done);
		return 0;
	}
	for (; (long)data == PREVENT && done + pageblock_nr_pages <= nr && inflate_block(); done += pageblock_nr_pages)
		cond_resched();
	for (; done < nr && inflate_one(); done++)
		cond_resched();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(balloon_fops, NULL, balloon, "%llu\n");

static int __init rows_init(void)
{
	struct shrinker *shrinker = shrinker_alloc(0, "rows");

	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = log_count;
	shrinker->scan_objects = log_scan;
	shrinker->seeks = 4; /* the share of the log that was scanned of the LRU lists, not twice that */
	shrinker_register(shrinker);
	root = debugfs_create_dir("rows", NULL);
	debugfs_create_file("rows", 0600, root, NULL, &rows_fops);
	debugfs_create_file("handles", 0200, root, NULL, &handles_fops);
	debugfs_create_u64("log_base", 0600, root, &log_base);
	debugfs_create_u64("stuck_in", 0600, root, &stuck_in);
	debugfs_create_file("pinned", 0200, root, (void *)PINNED, &balloon_fops);
	debugfs_create_file("prevent", 0200, root, (void *)PREVENT, &balloon_fops);
	debugfs_create_file("deflate", 0200, root, (void *)DEFLATE, &balloon_fops);
	return 0;
}
module_init(rows_init);
MODULE_DESCRIPTION("stress-highalloc of fragscope in a real guest");
MODULE_LICENSE("GPL");
