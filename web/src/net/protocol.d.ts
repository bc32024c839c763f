/**
 * Messages and configs of docs/PROTOCOL.md. Made from the classes of server/wire by
 * `python -m scripts.protocol_types`: change those, not this file. X is what may be sent, with
 * defaults left out; X is what comes, complete.
 */

/** Set the balloon's target size in pages, as the host does in config space. */
export interface BalloonTarget {
  type: "balloon_target";
  nr_pages: number;
}

/**
 * Raise the balloon's target by `nr_pages`.
 *
 * It counts from the target while any balloon is on its way, else from what each balloon holds.
 */
export interface BalloonInflate {
  type: "balloon_inflate";
  nr_pages: number;
}

/** Lower the balloon's target by `nr_pages`, to 0 at least; counted as for BalloonInflate. */
export interface BalloonDeflate {
  type: "balloon_deflate";
  nr_pages: number;
}

/** Write 1 to /proc/sys/vm/compact_memory: compact every zone, full sync, hints ignored. */
export interface CompactMemory {
  type: "compact";
}

/** One allocation of `order` that may compact directly; the page is given back at once. */
export interface DirectCompact {
  type: "direct_compact";
  order: number;
}

/**
 * Take at most `nr` 2 MiB pages, then give all back.
 *
 * Like writing nr_hugepages, repeated until three attempts gain nothing.
 */
export interface TakeHugePages {
  type: "huge";
  nr: number;
}

/** Write 3 to /proc/sys/vm/drop_caches: free clean page cache and reclaimable slab. */
export interface DropCaches {
  type: "drop_caches";
}

/**
 * Take a range of memory away: write offline to the state of its memory blocks.
 *
 * The range is `size_mib` from `start_mib` up: whole pageblocks of 2 MiB in one zone.
 */
export interface Offline {
  type: "offline";
  start_mib: number;
  size_mib: number;
}

/** Allocate `size_mib` of contiguous memory, from CMA if there is any; given back at once. */
export interface AllocContig {
  type: "alloc_contig";
  size_mib: number;
}

/**
 * Ask for kernel memory: `nr` requests of one order, and what stands in the way of each.
 *
 * `kind` is unmovable (GFP_KERNEL), reclaimable (the same, for slab that can be shrunk) or
 * atomic (GFP_ATOMIC, which cannot wait); with `keep` the pages stay, else they go back at the
 * end.
 */
export interface AllocPages {
  type: "alloc_pages";
  nr: number;
  order: number;
  /** unmovable when absent */
  kind?: "unmovable" | "reclaimable" | "atomic";
  /** False when absent */
  keep?: boolean;
}

/** Pin `size_mib` of programs' anonymous memory for long, as for RDMA or VFIO. */
export interface PinMemory {
  type: "pin";
  size_mib: number;
}

/** Let `ms` milliseconds of simulated time pass, in which timers expire. */
export interface Wait {
  type: "wait";
  ms: number;
}

/**
 * Turn the workload on or off.
 *
 * `rate` is operations per tick; it runs for `ticks`, 0 = until it is turned off.
 */
export interface SetWorkload {
  type: "workload";
  enabled: boolean;
  /** 256 when absent */
  rate?: number;
  /** 0 when absent */
  ticks?: number;
}

/** The command stands in the log. */
export interface Accepted {
  type: "accepted";
  command_id: string;
  index: number;
  tick: number;
}

/**
 * A moment of a timeline that is shown beside another; its end, where it has ended before.
 *
 * `index`: as in Look.
 */
export interface Beside {
  /** 1 to 64 */
  timeline: number;
  /** 0 to 9007199254740991 */
  tick: number;
  index?: number | null;
}

/** An example capture of the project, by name. */
export interface CaptureSource {
  kind: "capture";
  /** 1 to 64 characters */
  name: string;
}

/** The class as this client has to know it, after every change. */
export interface ClassState {
  type: "class";
  you: string;
  driver: string | null;
  driving: boolean;
  following: boolean;
  asking: boolean;
  over: boolean;
  moment: number | null;
  people: People | null;
}

/** A command for the session's log. */
export interface CommandMessage {
  type: "command";
  /** 1 to 64 characters */
  command_id: string;
  command: Command;
}

/** `n` frames were painted. */
export interface Credit {
  type: "credit";
  /** 1 to 4; 1 when absent */
  n?: number;
}

/** One design of a session. */
export interface DesignInfo {
  key: string;
  name: string;
  label: string;
  toggles: Record<string, string>;
}

/**
 * Show this client the pages of some pageblocks from now on; no pageblocks: no pages any more.
 *
 * `designs`: by place in `welcome.designs`, all when absent. `fields`: all when absent.
 */
export interface Detail {
  type: "detail";
  pageblocks: number[];
  designs?: number[] | null;
  fields?: ("state" | "order" | "flags" | "refcount" | "mobility")[] | null;
}

/**
 * Who drives: asked for, handed over, taken over; or about the class as a whole.
 *
 * `to`: of `hand_over`, the name of the one who is to drive; absent: the presenter.
 */
export interface DriveAct {
  type: "drive";
  act: "ask" | "withdraw" | "hand_over" | "take_over" | "everyone" | "end";
  to?: string | null;
}

/** What is new in the log, or a part of it after `welcome`. */
export interface Entries {
  type: "entries";
  entries: LogEntry[];
}

/** One sentence; the session goes on, unless a close follows: then `code` is its code. */
export interface ErrorMessage {
  type: "error";
  command_id: string | null;
  text: string;
  code: number | null;
}

/** This client shows what the driver shows, or (off) what its own person wants to see. */
export interface Follow {
  type: "follow";
  on: boolean;
}

/**
 * A command at an earlier moment: the session goes on from there, on a timeline of its own.
 *
 * `index`: as in Look.
 */
export interface Fork {
  type: "fork";
  /** 1 to 64 characters */
  command_id: string;
  /** 0 to 9007199254740991 */
  tick: number;
  command: Command;
  index?: number | null;
}

/** This voter's ranges, one for each design of the question; a later one takes its place. */
export interface Guess {
  type: "guess";
  /** 1 to 2147483648 */
  number: number;
  ranges: [number, number][];
}

/** The guest that all designs started from. */
export interface GuestInfo {
  label: string;
  size_mib: number;
  nr_pages: number;
  nr_pageblocks: number;
  main_zone: string;
  zones: Zone[];
  summary: Record<string, unknown>;
}

/** First message of a client: the wire versions that it speaks, and what lets it in. */
export interface Hello {
  type: "hello";
  versions: number[];
  /** 1 to 64 characters */
  token: string;
}

/** Send a key frame next. */
export interface Key {
  type: "key";
}

/** One line of the log. */
export interface LogEntry {
  index: number;
  tick: number;
  command: Command;
  idle: boolean;
}

/**
 * Show this client the state at an earlier tick, or (null) the present again.
 *
 * `index`: commands that the state contains, all up to that tick when absent. `beside`: show
 * another timeline in the same picture.
 */
export interface Look {
  type: "look";
  tick: number | null;
  index?: number | null;
  beside?: Beside | null;
}

/** How far the state that this client has asked for is; only where that takes a while. */
export interface Looking {
  type: "looking";
  tick: number;
  done: number;
  total: number;
}

/** Give a timeline a name, for everybody and for good. */
export interface Name {
  type: "name";
  /** 1 to 64 characters */
  command_id: string;
  /** 1 to 64 */
  timeline: number;
  /** 1 to 80 characters */
  name: string;
}

/** Ticks a second, 0 = paused; also goes down, to all, when anyone has changed it. */
export interface Pace {
  type: "pace";
  /** 0 to 1000 */
  ticks_per_s: number;
}

/** How the class is, for its presenter and its driver. */
export interface People {
  following: number;
  lagging: number;
  detached: number;
  asking: string[];
  nr_asking: number;
}

/** The pageblock that the driver points at, and in which panel; null: at none. */
export interface Point {
  type: "point";
  pageblock: number | null;
  /** 0 to 63; 0 when absent */
  panel?: number;
}

/** The pageblock that the driver points at, for those who follow. */
export interface Pointed {
  type: "pointed";
  pageblock: number | null;
  panel: number;
}

/** The presenter asks: which number will each design show after these commands? */
export interface Pose {
  type: "pose";
  /** 1 to 200 characters */
  text: string;
  quantity: "huge_best" | "free_blocks_all" | "thp_potential" | "balloon_actual" | "blocks_held_by_balloon";
  designs: string[];
  /** 1 to 20 items */
  commands: Command[];
}

/** Where the session is, for a client that looks at an earlier tick. */
export interface Present {
  type: "present";
  tick: number;
  log_index: number;
}

/** Something that may take over a second is under way. */
export interface Progress {
  type: "progress";
  text: string;
  done: number;
  total: number;
  phase: "compiling" | "preparing" | "guest";
}

/** The presenter takes the question one step further. */
export interface QuizAct {
  type: "quiz";
  act: "open" | "close" | "discuss" | "run" | "drop";
}

/** What is told of closed rounds: `counts` go from `low` in parts of `step`. */
export interface QuizResults {
  low: number;
  step: number;
  rounds: RoundResult[];
}

/** The question as this client may know it, after every change. */
export interface QuizState {
  type: "quiz_state";
  number: number;
  stage: "none" | "open" | "closed" | "discuss" | "running" | "truth";
  round: number;
  text: string;
  quantity: string;
  designs: string[];
  commands: Record<string, unknown>[];
  mine: ([number, number][] | null)[];
  scores: (number | null)[];
  answered: number | null;
  results: QuizResults | null;
  truth: number[] | null;
  log_index: number | null;
}

/** Start over under the same session id. */
export interface Reset {
  type: "reset";
  /** 1 to 64 characters */
  command_id: string;
  config?: SessionConfigInput;
}

/** What this client's token allows: the viewer's to look, the presenter's to command as well. */
export interface RoleMessage {
  type: "role";
  role: "presenter" | "viewer";
}

/** One closed round: how many answered, and the ranges of each design. */
export interface RoundResult {
  answered: number;
  designs: Spans[];
}

/** How far a sequence of commands is; `text`: why it ended early. */
export interface SequenceInfo {
  total: number;
  left: number;
  text: string | null;
}

/** Commands to be given one after the other, each when every guest is idle. */
export interface SequenceMessage {
  type: "sequence";
  /** 1 to 64 characters */
  command_id: string;
  /** 1 to 100 items */
  commands: Command[];
}

/** How far a sequence of commands is now, to all. */
export interface SequenceProgress {
  type: "sequence_state";
  total: number;
  left: number;
  text: string | null;
}

/** Everything but the commands that decides a session's result. */
export interface SessionConfigInput {
  source?: SourceInput;
  designs?: string[];
  /** 0 to 9007199254740991; 1 when absent */
  seed?: number;
  /** modern when absent */
  profile?: "modern" | "2012" | "2012+3.14";
}

/** Everything but the commands that decides a session's result. */
export interface SessionConfig {
  source: Source;
  designs: string[];
  /** 0 to 9007199254740991 */
  seed: number;
  profile: "modern" | "2012" | "2012+3.14";
}

/** What the driver's page shows now; of several only the newest counts. */
export interface Show {
  type: "show";
  view: Record<string, unknown>;
}

/** What the driver shows, for those who follow. */
export interface Shown {
  type: "shown";
  view: Record<string, unknown>;
}

/** The ranges of one round for one design, without anybody's name. */
export interface Spans {
  counts: number[];
  low: number;
  high: number;
  covered: number | null;
  score: number | null;
}

/** Advance a paused session. */
export interface Step {
  type: "step";
  /** 1 to 1000 */
  ticks: number;
}

/** Go on where another timeline of this session ended. */
export interface Switch {
  type: "switch";
  /** 1 to 64 characters */
  command_id: string;
  /** 1 to 64 */
  timeline: number;
}

/** A synthetic guest: the preset's name, its size, seed of the construction, its CMA area. */
export interface SyntheticSourceInput {
  kind: "synthetic";
  /** 1 to 64 characters */
  preset: string;
  /** 256 to 1048576; 4096 when absent */
  size_mib?: number;
  /** 0 to 9007199254740991; 1 when absent */
  seed?: number;
  /** 0 to 1048576; 0 when absent */
  cma_mib?: number;
}

/** A synthetic guest: the preset's name, its size, seed of the construction, its CMA area. */
export interface SyntheticSource {
  kind: "synthetic";
  /** 1 to 64 characters */
  preset: string;
  /** 256 to 1048576 */
  size_mib: number;
  /** 0 to 9007199254740991 */
  seed: number;
  /** 0 to 1048576; 0 when absent */
  cma_mib?: number;
}

/** One way that the session went: where it left `parent`, and by which command. */
export interface TimelineInfo {
  id: number;
  parent: number | null;
  tick: number;
  index: number;
  command: BalloonTarget | BalloonInflate | BalloonDeflate | CompactMemory | DirectCompact | TakeHugePages | DropCaches | Offline | AllocContig | AllocPages | PinMemory | Wait | SetWorkload | null;
  name: string | null;
}

/** Every timeline, after one of them was given a name. */
export interface Timelines {
  type: "timelines";
  timelines: TimelineInfo[];
}

/** A capture that somebody uploaded; `capture` is its id. */
export interface UploadSource {
  kind: "upload";
  /** 1 to 64 characters */
  capture: string;
}

/** Who this client is among those who answer: what its browser keeps, and tells nobody else. */
export interface Voter {
  type: "voter";
  /** 1 to 64 characters */
  voter: string;
}

/** Tell this client what happens between its pictures from now on, or not any more. */
export interface Watch {
  type: "watch";
  on: boolean;
}

/** What a client must know before the first frame. */
export interface Welcome {
  type: "welcome";
  epoch: number;
  session: string;
  ticks_per_s: number;
  config: SessionConfig;
  tick: number;
  log_index: number;
  designs: DesignInfo[];
  workload: WorkloadInfo;
  sequence: SequenceInfo | null;
  guest: GuestInfo;
  engine: string;
  timeline: number;
  timelines: TimelineInfo[];
  planes: [string, string][];
  stat_fields: string[];
  version: number;
}

/** The workload at the `welcome`. */
export interface WorkloadInfo {
  enabled: boolean;
  rate: number;
}

/** One zone of the guest; pfns are absolute, `managed` counts pages. */
export interface Zone {
  name: string;
  start_pfn: number;
  end_pfn: number;
  managed: number;
}

export type Command =
  | BalloonTarget
  | BalloonInflate
  | BalloonDeflate
  | CompactMemory
  | DirectCompact
  | TakeHugePages
  | DropCaches
  | Offline
  | AllocContig
  | AllocPages
  | PinMemory
  | Wait
  | SetWorkload;

export type Source = CaptureSource | UploadSource | SyntheticSource;

export type SourceInput = CaptureSource | UploadSource | SyntheticSourceInput;

export type Up =
  | Hello
  | CommandMessage
  | SequenceMessage
  | Credit
  | Pace
  | Step
  | Key
  | Detail
  | Watch
  | Look
  | Fork
  | Switch
  | Name
  | Reset
  | Follow
  | Show
  | Point
  | DriveAct
  | Pose
  | QuizAct
  | Voter
  | Guess;

export type Down =
  | RoleMessage
  | Welcome
  | Accepted
  | Entries
  | SequenceProgress
  | ErrorMessage
  | Pace
  | Progress
  | Looking
  | Present
  | Timelines
  | ClassState
  | Shown
  | Pointed
  | QuizState;
