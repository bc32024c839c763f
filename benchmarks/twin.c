/* The allocator core in C: the same records, lists and counters as engine/core, for one zone.
 *
 * It answers one question only: how fast could this be? bench_core.py compiles it where there is a C compiler
 * and prints the ratio. Reads "nr_pages nr_pairs seed" from its arguments, prints pairs a second.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { NONE = 0x7fffffff, TAIL = 255, MAX_ORDER = 10, BLOCK_ORDER = 9, NR_MT = 7, MOVABLE = 1 };
enum { FREE = 2, PCP = 3, ANON = 5, FILE_ = 6, SHMEM = 7, BALLOON = 8, THP = 14, PINNED = 1 << 7 };
enum { LRU_STATES = 1 << ANON | 1 << FILE_ | 1 << SHMEM | 1 << THP };
enum { TOUCHED_STALE = 1 << 2 | 1 << 3 };

struct page { int32_t next, prev, handle, where; uint8_t state, order; uint16_t flags; };
struct block {
	uint16_t nr_free, nr_movable, nr_balloon, nr_unmovable, nr_pcp, nr_reserved;
	uint8_t migratetype, zone, flags, largest;
};
struct list { int32_t first, last, nr, pad; };

static struct page *pages;
static struct block *blocks;
static struct list lists[(MAX_ORDER + 1) * NR_MT];
static int64_t nr_pages, nr_free, nr_free_cma, nr_free_highatomic, extfrag;
static int64_t capture, capture_order;

static struct list *free_list(int order, int mt) { return &lists[order * NR_MT + mt]; }

static void list_add(struct list *l, int32_t pfn, int tail)
{
	struct page *p = &pages[pfn];

	if (tail) {
		p->next = NONE;
		p->prev = l->last;
		if (l->last == NONE)
			l->first = pfn;
		else
			pages[l->last].next = pfn;
		l->last = pfn;
	} else {
		p->next = l->first;
		p->prev = NONE;
		if (l->first == NONE)
			l->last = pfn;
		else
			pages[l->first].prev = pfn;
		l->first = pfn;
	}
	l->nr++;
}

static void list_del(struct list *l, int32_t pfn)
{
	struct page *p = &pages[pfn];

	if (p->prev == NONE)
		l->first = p->next;
	else
		pages[p->prev].next = p->next;
	if (p->next == NONE)
		l->last = p->prev;
	else
		pages[p->next].prev = p->prev;
	p->next = p->prev = NONE;
	l->nr--;
}

static void count_pages(struct block *b, int state, int flags, int nr)
{
	if (state == FREE)
		b->nr_free += nr;
	else if ((LRU_STATES >> state & 1) && !(flags & PINNED))
		b->nr_movable += nr;
	else if (state == PCP)
		b->nr_pcp += nr;
	else if (state == BALLOON)
		b->nr_balloon += nr;
	else if (state <= 1)
		b->nr_reserved += nr;
	else
		b->nr_unmovable += nr;
}

static void set_state(int64_t pfn, int order, int state, int flags)
{
	struct page *p = &pages[pfn];
	struct block *b = &blocks[pfn >> BLOCK_ORDER];

	count_pages(b, p->state, p->flags, -1);
	count_pages(b, state, flags, 1);
	b->flags |= TOUCHED_STALE;
	p->state = state;
	p->flags = flags;
	p->order = order;
}

static void account(int64_t nr, int mt)
{
	if (mt == 5)
		return;
	nr_free += nr;
	if (mt == 4)
		nr_free_cma += nr;
	else if (mt == 3)
		nr_free_highatomic += nr;
}

static void link_block(int64_t pfn, int order, int mt, int tail)
{
	pages[pfn].order = order;
	list_add(free_list(order, mt), pfn, tail);
	if (order >= BLOCK_ORDER)
		for (int64_t b = pfn >> BLOCK_ORDER; b < (pfn + (1 << order)) >> BLOCK_ORDER; b++)
			blocks[b].flags |= TOUCHED_STALE;
}

static void unlink_block(int64_t pfn, int order, int mt)
{
	list_del(free_list(order, mt), pfn);
	pages[pfn].order = TAIL;
}

static int is_buddy(int64_t pfn, int order)
{
	if (order >= BLOCK_ORDER && (pfn < 0 || pfn >= nr_pages))
		return 0;
	return pages[pfn].state == FREE && pages[pfn].order == order;
}

static int merge_likely(int64_t pfn, int order)
{
	if (order >= MAX_ORDER - 1)
		return 0;
	return is_buddy((pfn & ~(1LL << order)) ^ (2LL << order), order + 1);
}

static void free_one_page(int64_t pfn)
{
	int order = 0, mt = blocks[pfn >> BLOCK_ORDER].migratetype;

	set_state(pfn, TAIL, FREE, 0);
	account(1, mt);
	while (order < MAX_ORDER) {
		int64_t buddy = pfn ^ (1LL << order);

		if (capture && order == capture_order)
			return;
		if (!is_buddy(buddy, order))
			break;
		if (order >= BLOCK_ORDER && blocks[buddy >> BLOCK_ORDER].migratetype != mt)
			break;
		unlink_block(buddy, order, mt);
		pfn &= buddy;
		order++;
	}
	link_block(pfn, order, mt, merge_likely(pfn, order));
}

static int64_t rmqueue_smallest(int mt)
{
	for (int order = 0; order <= MAX_ORDER; order++) {
		int64_t pfn = free_list(order, mt)->first;
		int o = order;

		if (pfn == NONE)
			continue;
		unlink_block(pfn, order, mt);
		while (o > 0) {
			o--;
			link_block(pfn + (1 << o), o, mt, 0);
		}
		account(-1, mt);
		return pfn;
	}
	return NONE;
}

static int64_t alloc_page(int mt)
{
	int64_t pfn = rmqueue_smallest(mt);

	for (int other = 0; pfn == NONE && other < 3; other++) {
		pfn = rmqueue_smallest(other);
		extfrag++;
	}
	if (pfn != NONE)
		set_state(pfn, 0, ANON, 0);
	return pfn;
}

/* Zeroed memory in huge pages where the system has them, as numpy asks for too. */
static void *zeroed(int64_t size)
{
	int64_t align = 2 << 20, whole = (size + align - 1) / align * align;
	char *memory = aligned_alloc(align, whole);

	madvise(memory, whole, MADV_HUGEPAGE);
	for (int64_t i = 0; i < whole; i++)
		memory[i] = 0;
	return memory;
}

static uint64_t rng;

static uint64_t below(uint64_t n)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return ((z ^ z >> 31) >> 33) * n >> 31;
}

int main(int argc, char **argv)
{
	if (argc != 4 || (nr_pages = atoll(argv[1])) % 1024 || nr_pages <= 0) {
		fprintf(stderr, "usage: twin NR_PAGES NR_PAIRS SEED\n");
		return 2;
	}
	int64_t nr_pairs = atoll(argv[2]), nr_held = nr_pages / 2;
	int64_t *held = zeroed(nr_pages * sizeof(*held));
	int32_t *turn = zeroed(nr_pairs * sizeof(*turn));
	struct timespec t0, t1;

	rng = strtoull(argv[3], NULL, 0);
	pages = zeroed(nr_pages * sizeof(*pages));
	blocks = zeroed((nr_pages >> BLOCK_ORDER) * sizeof(*blocks));
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		lists[i].first = lists[i].last = NONE;
	for (int64_t b = 0; b < nr_pages >> BLOCK_ORDER; b++) {
		blocks[b].migratetype = MOVABLE;
		blocks[b].nr_movable = 1 << BLOCK_ORDER;
	}
	for (int64_t p = 0; p < nr_pages; p++)
		pages[p] = (struct page){ NONE, NONE, NONE, NONE, ANON, 0, 0 };
	for (int64_t p = 0; p < nr_pages; p++)
		held[p] = p;
	for (int64_t i = 0; i < nr_pages; i++) {
		int64_t j = i + below(nr_pages - i), swap = held[i];

		held[i] = held[j];
		held[j] = swap;
	}
	for (int64_t i = nr_held; i < nr_pages; i++)
		free_one_page(held[i]);
	for (int64_t i = 0; i < nr_pairs; i++)
		turn[i] = below(nr_held);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
	for (int64_t i = 0; i < nr_pairs; i++) {
		int64_t *slot = &held[turn[i]];

		free_one_page(*slot);
		*slot = alloc_page(MOVABLE);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
	double seconds = (t1.tv_sec - t0.tv_sec) + (t1.tv_nsec - t0.tv_nsec) / 1e9;

	/* The digest keeps the compiler from leaving the work out, and shows that both did the same. */
	uint64_t digest = 0;
	for (int64_t i = 0; i < nr_held; i++)
		digest = digest * 31 + held[i];
	printf("%.0f %016llx %lld %lld\n", nr_pairs / seconds, (unsigned long long)digest, (long long)nr_free,
	       (long long)extfrag);
	return 0;
}
