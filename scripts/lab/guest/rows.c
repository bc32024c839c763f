/* Maintainers: the rows of stress-highalloc on a real kernel (docs/HIGHALLOC.md). One slot of 125 ms after another.
 *
 *     rows DEVICE BALLOON      DEVICE holds what scripts/lab/rows.py wrote; BALLOON: pinned, prevent, or hook (the host moves it)
 *
 * Anonymous pages are touched, page cache is a sparse file on /mnt, kernel memory is the module's (rowsmod.c). Prints
 * "phase NAME", "balloon PAGES", "score PASS SUCCESSES ATTEMPTS", "slip SECONDS" and the kernel's counters.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096L
#define BLOCK 512L
#define LEAST_AVAILABLE 2048 /* pages; below it a row is refused, or the OOM killer would come */

enum { TOUCH = 1, DROP, READ, MAP, WRITE, START_IO, END_IO, THP, SLAB, SLAB_DROP, HUGE, HUGE_FREE, STREAM };
enum { NOTHING, ANON, FILE_PAGE, KERNEL };
enum { NO_EVENT, DROP_CACHES, MIN_FREE, SCORE };

struct row { int32_t kind, first, nr, arg; };
struct slot { int32_t nr_rows, event, target, phase; }; /* target of the balloon in pages, -1: as it is */
struct header { char magic[8]; int64_t size, nr_slots, nr_handles, log_base, stuck_in, min_free_kb, unused; };
struct status { uint64_t available, attempts, successes, refused, balloon; };

static struct header *header;
static struct status status;
static char *anon, *mapped, page[PAGE];
static uint8_t *what, *generation; /* by handle; a new file moves the handle on to the next generation */
static int rows_fd, file_fd;
static uint64_t refused;
static volatile char sink;

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static void put_number(const char *path, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	put(path, text);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void look(void)
{
	if (read(rows_fd, &status, sizeof(status)) != sizeof(status))
		perror("status");
}

static void in_kernel(const struct row *r)
{
	if (write(rows_fd, r, sizeof(*r)) < 0)
		perror("row");
}

static off_t place(long handle)
{
	return (generation[handle] * header->nr_handles + handle) * PAGE;
}

/* Free what a range of handles holds; neighbours of one kind together. */
static void drop(long first, long nr)
{
	long h = first, end = first + nr;

	while (h < end) {
		long start = h;

		while (h < end && what[h] == what[start] && generation[h] == generation[start])
			h++;
		if (what[start] == ANON)
			madvise(anon + start * PAGE, (h - start) * PAGE, MADV_DONTNEED);
		else if (what[start] == FILE_PAGE)
			fallocate(file_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, place(start), (h - start) * PAGE);
		else if (what[start] == KERNEL)
			in_kernel(&(struct row){ DROP, start, h - start, 0 });
		memset(what + start, NOTHING, h - start);
	}
}

static void touch(long first, long nr)
{
	for (long h = first; h < first + nr; h++) {
		if (what[h] == NOTHING)
			anon[h * PAGE] = 1;
		what[h] = ANON;
	}
}

static void touch_huge(long first, long nr)
{
	madvise(anon + first * PAGE, BLOCK * PAGE, MADV_HUGEPAGE);
	touch(first, nr);
	madvise(anon + first * PAGE, BLOCK * PAGE, MADV_NOHUGEPAGE);
}

static void cache(const struct row *r)
{
	for (long h = r->first; h < r->first + r->nr; h++) {
		int new_file = r->kind == STREAM || (r->kind == WRITE && r->arg == 1);

		if (new_file && what[h] == FILE_PAGE)
			generation[h]++;
		what[h] = FILE_PAGE;
		if ((r->kind == WRITE ? pwrite(file_fd, page, PAGE, place(h)) : pread(file_fd, page, PAGE, place(h))) != PAGE)
			perror("page cache");
		if (r->kind == MAP && generation[h] == 0)
			sink += mapped[h * PAGE];
	}
}

static int frees(int kind)
{
	return kind == DROP || kind == SLAB_DROP || kind == HUGE || kind == HUGE_FREE || kind == START_IO || kind == END_IO;
}

/* Run a row; 0: memory has run out. Writeback (START_IO, END_IO) is the kernel's own business. */
static int run(const struct row *r)
{
	uint64_t before = status.refused;

	if (r->kind == DROP)
		drop(r->first, r->nr);
	else if (r->kind == SLAB_DROP || r->kind == HUGE || r->kind == HUGE_FREE)
		in_kernel(r);
	if (frees(r->kind))
		return 1;
	look();
	if (status.available < LEAST_AVAILABLE) {
		refused += r->nr;
		return 0;
	}
	if (r->kind == TOUCH && (r->arg & 255) == 0) {
		touch(r->first, r->nr);
	} else if (r->kind == TOUCH) {
		memset(what + r->first, KERNEL, r->nr);
		before = status.refused;
		in_kernel(r);
		look();
		return status.refused == before;
	} else if (r->kind == THP) {
		touch_huge(r->first, r->nr);
	} else if (r->kind == SLAB) {
		in_kernel(r);
	} else {
		cache(r);
	}
	return 1;
}

/* The balloon's driver: what cannot be had is asked for again after 200 ms. */
static void drive(const char *balloon, volatile long *target)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/rows/%s", balloon);
	for (;; usleep(200000)) {
		look();
		if ((long)status.balloon < *target)
			put_number(path, *target - status.balloon);
		else if ((long)status.balloon > *target)
			put_number("/sys/kernel/debug/rows/deflate", status.balloon - *target);
	}
}

static void counters(void)
{
	static const char *const names[] = { "compact_stall", "compact_success", "compact_fail", "compact_daemon_wake", "pgmigrate_success",
		"pgmigrate_fail", "balloon_inflate", "balloon_deflate", "balloon_migrate", "pgscan_kswapd", "pgsteal_kswapd", "pgscan_direct",
		"pgsteal_direct", "thp_fault_alloc", "thp_fault_fallback", "oom_kill" };
	FILE *f = fopen("/proc/vmstat", "r");
	char name[64];
	long value;

	printf("counters");
	while (fscanf(f, "%63s %ld", name, &value) == 2)
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (!strcmp(name, names[i]))
				printf(" %s=%ld", name, value);
	printf("\n");
	fclose(f);
}

static void event(int what_happens)
{
	static uint64_t attempts, successes;
	static int pass;

	if (what_happens == DROP_CACHES) {
		put("/proc/sys/vm/drop_caches", "3");
	} else if (what_happens == MIN_FREE) {
		put_number("/proc/sys/vm/min_free_kbytes", header->min_free_kb);
	} else if (what_happens == SCORE) {
		look();
		printf("score %d %lu %lu\n", pass++, status.successes - successes, status.attempts - attempts);
		attempts = status.attempts;
		successes = status.successes;
	}
}

static void run_slot(const struct slot *slot)
{
	const struct row *rows = (const struct row *)(slot + 1);
	int enough = 1;

	for (int i = 0; i < slot->nr_rows; i++) {
		if (!enough && !frees(rows[i].kind))
			refused += rows[i].nr;
		else if (!run(&rows[i]))
			enough = 0;
	}
	event(slot->event);
}

static char *map_anon(size_t size, int sharing)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

/* Read everything without leaving it in the page cache. */
static char *load(const char *device)
{
	int fd = open(device, O_RDONLY | O_DIRECT);
	char *all;

	header = (struct header *)map_anon(PAGE, MAP_PRIVATE);
	if (fd < 0 || read(fd, header, PAGE) != PAGE || memcmp(header->magic, "rows1", 5)) {
		fprintf(stderr, "%s holds no rows\n", device);
		exit(1);
	}
	all = map_anon(header->size + (1 << 16), MAP_PRIVATE); /* the last piece is a whole one */
	for (off_t at = 0; at < header->size; at += 1 << 16)
		if (pread(fd, all + at, 1 << 16, PAGE + at) <= 0)
			perror(device);
	return all;
}

static void prepare(void)
{
	long nr = header->nr_handles;
	char *room = map_anon((nr + 2 * BLOCK) * PAGE, MAP_PRIVATE);

	put("/proc/self/oom_score_adj", "-1000");
	put_number("/sys/kernel/debug/rows/handles", nr);
	put_number("/sys/kernel/debug/rows/log_base", header->log_base);
	put_number("/sys/kernel/debug/rows/stuck_in", header->stuck_in);
	rows_fd = open("/sys/kernel/debug/rows/rows", O_RDWR);
	file_fd = open("/mnt/file", O_CREAT | O_RDWR, 0644);
	if (rows_fd < 0 || file_fd < 0 || ftruncate(file_fd, 256 * nr * PAGE) < 0) {
		perror("rows");
		exit(1);
	}
	posix_fadvise(file_fd, 0, 0, POSIX_FADV_RANDOM);
	mapped = mmap(NULL, nr * PAGE, PROT_READ, MAP_SHARED, file_fd, 0);
	madvise(mapped, nr * PAGE, MADV_RANDOM);
	anon = (char *)(((uintptr_t)room + BLOCK * PAGE - 1) & ~(BLOCK * PAGE - 1));
	madvise(anon, nr * PAGE, MADV_NOHUGEPAGE);
	what = calloc(nr, 1);
	generation = calloc(nr, 1);
}

int main(int argc, char **argv)
{
	const char *at = argc == 3 ? load(argv[1]) : (exit(2), NULL);
	volatile long *target = (long *)map_anon(PAGE, MAP_SHARED);
	double next, slip = 0;
	pid_t driver = 0;
	int phase = -1;

	prepare();
	if (strcmp(argv[2], "hook") && !(driver = fork()))
		drive(argv[2], target);
	next = now();
	for (long i = 0; i < header->nr_slots; i++) {
		const struct slot *slot = (const struct slot *)at;

		at += sizeof(*slot) + slot->nr_rows * sizeof(struct row);
		if (slot->phase != phase) {
			look();
			printf("phase %d %.1f available %lu balloon %lu\n", phase = slot->phase, now(), status.available, status.balloon);
			counters();
		}
		if (slot->target >= 0) {
			*target = slot->target;
			printf("balloon %d\n", slot->target);
		}
		fflush(stdout);
		run_slot(slot);
		next += .125;
		if (now() < next) {
			usleep((next - now()) * 1e6);
		} else { /* late: the clock of the test waits */
			slip += now() - next;
			next = now();
		}
	}
	look();
	printf("slip %.1f refused %lu\n", slip, refused + status.refused);
	counters();
	if (driver)
		kill(driver, SIGKILL);
	return 0;
}
