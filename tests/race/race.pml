/*
 * The protocol of one balloon page, written by hand for SPIN, for comparison with engine/race.
 *
 * It reads the same steps independently: a list lock where the other asks where the driver stands,
 * a note of targets under way where the other searches the actors, the era's order of steps in the
 * steps themselves where the other has a table, and SPIN's timeout where the other counts moves.
 * Every setting of the toggles is one branch of init, so that one run covers them all.
 * Longer than 400 lines: SPIN reads one file, and its macros are used throughout.
 * Each shared state and each broken property is printed once:
 *     S <setting> <count lock flag mark place>x2 <isolated> <holder> <position>x3
 *     V <setting> <property>
 * A setting is era, page lock, reference count test, bits of defects.
 */

#define ACTORS 3 /* C1, C2, driver */
#define ME_DRIVER 3

#define FREE 0
#define LISTED 1
#define OFF 2
#define LRU 3
#define PRIV 10
#define TAKEN 20
#define NONE 2

/* positions, in the order of engine/race/era.py */
#define LOOK 0
#define GET 1
#define TRYLOCK 2
#define TEST 3
#define FAIL_UNLOCK 4
#define FAIL_PUT 5
#define UNLINK 6
#define UNLOCK 7
#define TARGET 8
#define LOCK_SRC 9
#define LOCK_DST 10
#define MUTEX 11
#define INSERT 12
#define TELL 13
#define CLEAR 14
#define MUTEX_UNLOCK 15
#define UNLOCK_DST 16
#define UNLOCK_SRC 17
#define PUT_SRC 18
#define FREE_SRC 19
#define PUT_DST 20
#define ASK_DST 21
#define UNDO_DST 22
#define UNDO_SRC 23
#define DROP_DST 24
#define KIND 25
#define BACK_LOCK 26
#define BACK_LINK 27
#define BACK_PUT 28
#define BACK_UNLOCK 29
#define D_START 30
#define D_PICK 31
#define D_LOCK 32
#define D_TAKE 33
#define D_UNLOCK 34
#define D_SKIP 35
#define D_TELL 36
#define D_PUT 37
#define D_FREE 38
#define D_MUTEX 39
#define DONE 40

/* eras */
#define V4 (era == 0)
#define V38 (era == 1)
#define V318 (era == 2)
#define OPS (era == 3)
#define COUNTED (era < 2)

/* defects */
#define PUTBACK_TRYLOCK (defects & 1)
#define BARE_DEFLATE (defects & 2)
#define ASK_TARGET (defects & 4)
#define MUTEX_WAIT (defects & 8)
#define TARGET_BUG (defects & 16)
#define MOVE_ONCE (defects & 32)
#define LRU_PUTBACK (defects & 64)
#define LOOSE_CURSOR (defects & 128)

typedef page { byte count; byte lock; bit flag; bit mark; byte place };

page pg[2];
short isolated;
byte holder;      /* of the driver's mutex */
bit list_lock;    /* held by the driver across steps */
byte pos[4];
byte under_way[4]; /* target (plus one) of a move that is not over */
bit deflated;
byte era;
bit page_lock;
bit count_test;
byte defects;

c_decl {
#define SLOTS (1 << 22)
#define WIDTH 20
static unsigned char (*table)[WIDTH];
static unsigned char broken[4][2][2][256][16];
};

c_code {
static void seen(void)
{
    unsigned char one[WIDTH];
    unsigned long hash = 1469598103934665603UL;
    int i, n = 0;
    one[n++] = 1;
    one[n++] = now.era; one[n++] = now.page_lock * 2 + now.count_test; one[n++] = now.defects;
    for (i = 0; i < 2; i++) {
        one[n++] = now.pg[i].count;
        one[n++] = now.pg[i].lock;
        one[n++] = now.pg[i].flag * 2 + now.pg[i].mark;
        one[n++] = now.pg[i].place;
    }
    one[n++] = (unsigned char)(now.isolated + 100);
    one[n++] = now.holder;
    for (i = 1; i <= 3; i++) one[n++] = now.pos[i];
    while (n < WIDTH) one[n++] = 0;
    if (!table) table = calloc(SLOTS, WIDTH);
    for (i = 0; i < WIDTH; i++) hash = (hash ^ one[i]) * 1099511628211UL;
    for (hash >>= 20; ; hash++) {
        unsigned char *slot = table[hash & (SLOTS - 1)];
        if (!slot[0]) { memcpy(slot, one, WIDTH); break; }
        if (!memcmp(slot, one, WIDTH)) return;
    }
    printf("S %d %d %d %d", now.era, now.page_lock, now.count_test, now.defects);
    for (i = 0; i < 2; i++)
        printf(" %d %d %d %d %d", now.pg[i].count, now.pg[i].lock, now.pg[i].flag, now.pg[i].mark,
               now.pg[i].place);
    printf(" %d %d %d %d %d\n", now.isolated, now.holder, now.pos[1], now.pos[2], now.pos[3]);
}
static void breaks(int property)
{
    unsigned char *flag =
        &broken[now.era][now.page_lock][now.count_test][now.defects][property];
    if (*flag) return;
    *flag = 1;
    printf("V %d %d %d %d %d\n", now.era, now.page_lock, now.count_test, now.defects, property);
}
};

/* properties, in the order of engine/race/era.py */
#define DOUBLE_ISOLATION c_code { breaks(0); }
#define NEWPAGE_ISOLATED c_code { breaks(1); }
#define STALE_ISOLATION c_code { breaks(2); }
#define DEFLATE_ISOLATED c_code { breaks(3); }
#define WRONG_PUTBACK c_code { breaks(4); }
#define FREED_IN_USE c_code { breaks(5); }
#define LOST_PAGE c_code { breaks(6); }
#define FORGOTTEN_PAGE c_code { breaks(7); }
#define LEAKED_REFERENCE c_code { breaks(8); }
#define ISOLATED_COUNT c_code { breaks(9); }
#define BALLOON_SIZE c_code { breaks(10); }
#define KERNEL_BUG c_code { breaks(11); }
#define DEADLOCK c_code { breaks(12); }

#define AT(where) pos[me] == where
#define NEXT(where) pos[me] = where
#define STEP_DONE c_code { seen(); }
/* A compactor ends; a driver that compacted has its mutex to give back. */
#define FINISH pos[me] = (me == ME_DRIVER -> D_MUTEX : DONE); s = NONE; d = NONE

inline put(p)
{
    if
    :: pg[p].count == 0 -> FREED_IN_USE
    :: else ->
        pg[p].count--;
        if
        :: pg[p].count > 0
        :: else ->
            if
            :: pg[p].lock || pg[p].flag -> FREED_IN_USE
            :: else ->
                if
                :: pg[p].place == OFF || pg[p].place == PRIV + me || pg[p].place == TAKEN + me
                :: else -> FREED_IN_USE
                fi
            fi;
            pg[p].place = FREE; pg[p].flag = 0; pg[p].mark = 0
        fi
    fi
}

inline look_at(x)
{
    if
    :: pg[x].flag && (!V38 || pg[x].lock == 0) && (!V38 || !count_test || pg[x].count == 1) &&
       (COUNTED || !count_test || !pg[x].mark) -> s = x; NEXT(GET)
    :: else -> FINISH
    fi
}

#define ISOLATION \
    :: atomic { AT(LOOK) -> look_at(0); STEP_DONE } \
    :: atomic { AT(LOOK) -> look_at(1); STEP_DONE } \
    :: atomic { AT(GET) -> \
        if \
        :: pg[s].count == 0 -> FINISH \
        :: pg[s].count && page_lock -> pg[s].count++; NEXT(TRYLOCK) \
        :: pg[s].count && !page_lock -> pg[s].count++; NEXT(TEST) \
        fi; STEP_DONE } \
    :: atomic { AT(TRYLOCK) -> \
        if \
        :: pg[s].lock == 0 -> pg[s].lock = me; NEXT(TEST) \
        :: else -> NEXT(FAIL_PUT) \
        fi; STEP_DONE } \
    :: atomic { AT(TEST) -> \
        if \
        :: pg[s].flag && (!count_test || (COUNTED && pg[s].count == 2) || \
           (!COUNTED && !pg[s].mark)) -> NEXT(UNLINK) \
        :: else -> NEXT((page_lock -> FAIL_UNLOCK : FAIL_PUT)) \
        fi; STEP_DONE } \
    :: atomic { AT(FAIL_UNLOCK) -> pg[s].lock = 0; NEXT(FAIL_PUT); STEP_DONE } \
    :: atomic { AT(FAIL_PUT) -> put(s); FINISH; STEP_DONE } \
    :: atomic { AT(UNLINK) && !list_lock -> \
        if \
        :: pg[s].place >= TAKEN || (me != 1 && under_way[1] == s + 1) || (me != 2 && under_way[2] == s + 1) || \
           (me != 3 && under_way[3] == s + 1) -> NEWPAGE_ISOLATED \
        :: else -> \
            if \
            :: pg[s].place >= PRIV -> DOUBLE_ISOLATION \
            :: pg[s].place == LISTED \
            :: else -> STALE_ISOLATION \
            fi \
        fi; \
        pg[s].place = PRIV + me; \
        isolated++; \
        if \
        :: V318 -> pg[s].mark = 1 \
        :: else \
        fi; \
        NEXT((page_lock || OPS -> UNLOCK : TARGET)); STEP_DONE } \
    :: atomic { AT(UNLOCK) -> \
        if \
        :: OPS -> pg[s].mark = 1 \
        :: else \
        fi; \
        if \
        :: page_lock -> pg[s].lock = 0 \
        :: else \
        fi; \
        NEXT(TARGET); STEP_DONE }

#define MIGRATION \
    :: atomic { AT(TARGET) -> \
        if \
        :: pg[1 - s].place == FREE -> \
            d = 1 - s; pg[d].count = 1; pg[d].place = TAKEN + me; under_way[me] = d + 1; \
            NEXT(LOCK_SRC) \
        :: else -> NEXT(KIND) \
        fi; STEP_DONE } \
    :: atomic { AT(LOCK_SRC) -> \
        if \
        :: pg[s].lock == 0 -> pg[s].lock = me; NEXT(LOCK_DST) \
        :: else -> under_way[me] = 0; NEXT(DROP_DST) \
        fi; STEP_DONE } \
    :: atomic { AT(LOCK_DST) -> \
        if \
        :: pg[d].lock && TARGET_BUG -> under_way[me] = 0; KERNEL_BUG; FINISH \
        :: pg[d].lock && !TARGET_BUG -> under_way[me] = 0; NEXT(UNDO_SRC) \
        :: else -> \
            pg[d].lock = me; \
            if \
            :: V4 -> pg[d].flag = pg[s].flag \
            :: else \
            fi; \
            NEXT(MUTEX) \
        fi; STEP_DONE } \
    :: atomic { AT(MUTEX) && (!pg[s].flag || !holder || !MUTEX_WAIT) -> \
        if \
        :: pg[s].flag && !holder -> holder = me; NEXT(INSERT) \
        :: else -> NEXT(UNDO_DST) \
        fi; STEP_DONE } \
    :: atomic { AT(INSERT) && !list_lock -> \
        pg[d].flag = 1; pg[d].mark = 0; pg[d].place = LISTED; isolated--; \
        if \
        :: !COUNTED -> pg[d].count++ \
        :: else \
        fi; \
        NEXT(TELL); STEP_DONE } \
    :: atomic { AT(TELL) -> NEXT((V38 || V318 -> CLEAR : MUTEX_UNLOCK)); STEP_DONE } \
    :: atomic { AT(CLEAR) -> \
        pg[s].flag = 0; \
        if \
        :: OPS -> pg[s].mark = 0 \
        :: else \
        fi; \
        if \
        :: pg[s].place == PRIV + me -> pg[s].place = OFF \
        :: else \
        fi; \
        if \
        :: V4 -> NEXT(UNLOCK_DST) \
        :: OPS -> NEXT(PUT_SRC) \
        :: V38 || V318 -> NEXT(MUTEX_UNLOCK) \
        fi; STEP_DONE } \
    :: atomic { AT(MUTEX_UNLOCK) -> \
        holder = 0; \
        if \
        :: V4 || OPS -> NEXT(CLEAR) \
        :: V38 -> NEXT(UNLOCK_DST) \
        :: V318 -> NEXT(PUT_SRC) \
        fi; STEP_DONE } \
    :: atomic { AT(PUT_SRC) -> put(s); NEXT((COUNTED -> FREE_SRC : UNLOCK_DST)); STEP_DONE } \
    :: atomic { AT(UNLOCK_DST) -> \
        if \
        :: MOVE_ONCE -> pg[d].flag = 0 \
        :: else \
        fi; \
        pg[d].lock = 0; under_way[me] = 0; \
        NEXT((OPS -> PUT_DST : UNLOCK_SRC)); STEP_DONE } \
    :: atomic { AT(UNLOCK_SRC) -> \
        pg[s].lock = 0; \
        if \
        :: V4 && ASK_TARGET -> NEXT(ASK_DST) \
        :: COUNTED && !(V4 && ASK_TARGET) -> NEXT(PUT_SRC) \
        :: !COUNTED -> NEXT(FREE_SRC) \
        fi; STEP_DONE } \
    :: atomic { AT(ASK_DST) -> \
        if \
        :: pg[d].flag -> NEXT(PUT_SRC) \
        :: else -> \
            put(s); pg[s].place = LRU; \
            put(d); pg[d].place = LRU; \
            WRONG_PUTBACK; FINISH \
        fi; STEP_DONE } \
    :: atomic { AT(FREE_SRC) -> \
        put(s); \
        if \
        :: V318 -> NEXT(PUT_DST) \
        :: else -> FINISH \
        fi; STEP_DONE } \
    :: atomic { AT(PUT_DST) -> \
        if \
        :: ASK_TARGET && !pg[d].flag -> pg[d].place = LRU; WRONG_PUTBACK \
        :: else \
        fi; \
        put(d); \
        if \
        :: OPS -> NEXT(UNLOCK_SRC) \
        :: else -> FINISH \
        fi; STEP_DONE }

#define PUT_BACK \
    :: atomic { AT(UNDO_DST) -> \
        pg[d].lock = 0; under_way[me] = 0; \
        if \
        :: V4 -> pg[d].flag = 0 \
        :: else \
        fi; \
        NEXT(UNDO_SRC); STEP_DONE } \
    :: atomic { AT(UNDO_SRC) -> pg[s].lock = 0; NEXT(DROP_DST); STEP_DONE } \
    :: atomic { AT(DROP_DST) -> \
        if \
        :: pg[d].place == TAKEN + me -> pg[d].place = OFF \
        :: else \
        fi; \
        put(d); d = NONE; NEXT(KIND); STEP_DONE } \
    :: atomic { AT(KIND) -> \
        if \
        :: pg[s].flag && (!LRU_PUTBACK || (pg[s].count == 1 && pg[s].lock == 0)) -> \
            NEXT((page_lock -> BACK_LOCK : BACK_LINK)) \
        :: else -> put(s); pg[s].place = LRU; WRONG_PUTBACK; FINISH \
        fi; STEP_DONE } \
    :: atomic { AT(BACK_LOCK) && (pg[s].lock == 0 || PUTBACK_TRYLOCK) -> \
        if \
        :: pg[s].lock == 0 -> pg[s].lock = me; NEXT(BACK_LINK) \
        :: else -> FINISH \
        fi; STEP_DONE } \
    :: atomic { AT(BACK_LINK) && !list_lock -> \
        if \
        :: !pg[s].flag && (page_lock || OPS) -> NEXT(BACK_UNLOCK) \
        :: !pg[s].flag && !(page_lock || OPS) -> FINISH \
        :: else -> \
            if \
            :: pg[s].place != PRIV + me -> WRONG_PUTBACK \
            :: else \
            fi; \
            pg[s].place = LISTED; isolated--; \
            if \
            :: V318 -> pg[s].mark = 0 \
            :: else \
            fi; \
            NEXT((OPS -> BACK_UNLOCK : BACK_PUT)) \
        fi; STEP_DONE } \
    :: atomic { AT(BACK_PUT) -> \
        put(s); \
        if \
        :: page_lock && !OPS -> NEXT(BACK_UNLOCK) \
        :: else -> FINISH \
        fi; STEP_DONE } \
    :: atomic { AT(BACK_UNLOCK) -> \
        if \
        :: page_lock -> pg[s].lock = 0 \
        :: else \
        fi; \
        if \
        :: OPS -> pg[s].mark = 0; NEXT(BACK_PUT) \
        :: else -> FINISH \
        fi; STEP_DONE }

proctype compactor(byte me)
{
    byte s = NONE, d = NONE;
    do
    ISOLATION
    MIGRATION
    PUT_BACK
    :: AT(DONE) -> break
    od
}

inline take_head(x)
{
    s = x;
    if
    :: BARE_DEFLATE -> pg[s].flag = 0; pg[s].place = OFF; deflated = 1; NEXT(D_TELL)
    :: else ->
        list_lock = !(V318 || (V38 && LOOSE_CURSOR));
        NEXT((page_lock -> D_LOCK : D_TAKE))
    fi
}

proctype driver()
{
    byte s = NONE, d = NONE, me = ME_DRIVER;
    do
    ISOLATION
    MIGRATION
    PUT_BACK
    :: atomic { AT(D_START) && !holder -> holder = me; NEXT(D_PICK); STEP_DONE }
    :: atomic { AT(D_START) && !holder -> holder = me; NEXT(LOOK); STEP_DONE }
    :: atomic { AT(D_PICK) && pg[0].place == LISTED -> take_head(0); STEP_DONE }
    :: atomic { AT(D_PICK) && pg[1].place == LISTED -> take_head(1); STEP_DONE }
    :: atomic { AT(D_PICK) && pg[0].place != LISTED && pg[1].place != LISTED ->
        if
        :: isolated == 0 -> LOST_PAGE
        :: else
        fi;
        NEXT(D_MUTEX); STEP_DONE }
    :: atomic { AT(D_LOCK) ->
        if
        :: pg[s].lock == 0 -> pg[s].lock = me; NEXT(D_TAKE)
        :: else -> s = NONE; list_lock = 0; NEXT(D_MUTEX)
        fi; STEP_DONE }
    :: atomic { AT(D_TAKE) ->
        if
        :: V318 && pg[s].mark -> NEXT(D_SKIP)
        :: else ->
            if
            :: pg[s].place != LISTED -> DEFLATE_ISOLATED
            :: else
            fi;
            if
            :: COUNTED -> pg[s].count++
            :: else
            fi;
            pg[s].flag = 0; pg[s].place = OFF; deflated = 1;
            if
            :: page_lock -> NEXT(D_UNLOCK)
            :: else -> list_lock = 0; NEXT(D_TELL)
            fi
        fi; STEP_DONE }
    :: atomic { AT(D_UNLOCK) -> pg[s].lock = 0; list_lock = 0; NEXT(D_TELL); STEP_DONE }
    :: atomic { AT(D_SKIP) ->
        if
        :: page_lock -> pg[s].lock = 0
        :: else
        fi;
        s = NONE; NEXT(D_MUTEX); STEP_DONE }
    :: atomic { AT(D_TELL) -> NEXT((V38 || V318 -> D_MUTEX : D_PUT)); STEP_DONE }
    :: atomic { AT(D_PUT) ->
        put(s);
        if
        :: COUNTED && !BARE_DEFLATE -> NEXT(D_FREE)
        :: OPS || BARE_DEFLATE -> s = NONE; NEXT(D_MUTEX)
        :: V318 -> NEXT(DONE)
        fi; STEP_DONE }
    :: atomic { AT(D_FREE) -> put(s); s = NONE; NEXT((V38 -> DONE : D_MUTEX)); STEP_DONE }
    :: atomic { AT(D_MUTEX) -> holder = 0; NEXT((s != NONE -> D_PUT : DONE)); STEP_DONE }
    :: AT(DONE) -> break
    od
}

/* When nobody can move any more: what is wrong? */
inline rest_of(p)
{
    if
    :: pg[p].lock -> DEADLOCK
    :: else
    fi;
    if
    :: pg[p].place == LISTED ->
        if
        :: pg[p].count > 1 -> LEAKED_REFERENCE
        :: else
        fi;
        if
        :: !pg[p].flag || pg[p].mark -> FORGOTTEN_PAGE
        :: else
        fi
    :: pg[p].place == FREE ->
        if
        :: pg[p].count -> LEAKED_REFERENCE
        :: else
        fi
    :: else -> LOST_PAGE
    fi
}

proctype watcher()
{
    atomic {
        timeout ->
        if
        :: pos[1] != DONE || pos[2] != DONE || pos[3] != DONE -> DEADLOCK
        :: else ->
            rest_of(0);
            rest_of(1);
            if
            :: isolated -> ISOLATED_COUNT
            :: else
            fi;
            if
            :: (pg[0].place == LISTED) + (pg[1].place == LISTED) + deflated > 1 -> BALLOON_SIZE
            :: else
            fi
        fi
    }
}

#ifndef SETTINGS
/* Each toggle, and each known defect (alone, and all of an era) with both protections on. */
#define SETTINGS \
    if :: page_lock = 0 :: page_lock = 1 fi; \
    if :: count_test = 0 :: count_test = 1 fi; \
    if \
    :: !page_lock || !count_test \
    :: page_lock && count_test -> \
        if \
        :: true \
        :: V4 || V318 || OPS -> defects = 4 \
        :: V4 || V38 || V318 -> defects = 16 \
        :: V4 -> defects = 1 \
        :: V4 -> defects = 2 \
        :: V4 -> defects = 8 \
        :: V4 -> defects = 31 \
        :: V38 -> defects = 32 \
        :: V38 -> defects = 64 \
        :: V38 -> defects = 128 \
        :: V38 -> defects = 240 \
        :: V318 -> defects = 20 \
        fi \
    fi
#endif

init {
    atomic {
        if :: era = 0 :: era = 1 :: era = 2 :: era = 3 fi;
        SETTINGS;
        pg[0].count = 1; pg[0].flag = 1; pg[0].place = LISTED;
        pos[1] = LOOK; pos[2] = LOOK; pos[3] = D_START;
        c_code { seen(); };
        run compactor(1); run compactor(2); run driver(); run watcher()
    }
}
