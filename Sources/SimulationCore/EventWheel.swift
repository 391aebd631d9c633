public import Units

/// The pending events of one clock domain, in the total order (tick, priority, sequence).
///
/// A timing wheel of 1024 slots of one tick. A slot has one first-in first-out list for each
/// priority, so that the order of insertion is kept without a sequence number; a two-level bitmap
/// over the 4096 lists finds the next one in constant time. Events beyond the window wait in a
/// 4-ary heap and move into the wheel, in order, as soon as the window reaches them, which is
/// before anything can be inserted behind them.
///
/// Push and pop take O(1) within the window and O(log n) beyond it, without allocation once the
/// pool has grown to the largest number of events that are pending at once (2³² − 1 at most).
///
/// Source of the design: Varghese, Lauck, "Hashed and hierarchical timing wheels", SOSP 1987.
@frozen
public struct EventWheel: ~Copyable {
  /// A list node. Lists are circular and known by their tail, whose `next` is the head.
  @frozen
  @usableFromInline
  struct Node {
    @usableFromInline var next: UInt32
    @usableFromInline var event: Event

    @inlinable
    init(next: UInt32, event: Event) {
      self.next = next
      self.event = event
    }
  }

  @inlinable static var slots: Int { 1024 }
  @inlinable static var priorities: Int { 4 }
  @inlinable static var none: UInt32 { .max }

  @usableFromInline var nodes: UnsafeMutablePointer<Node>
  @usableFromInline var nodeCapacity: Int
  @usableFromInline var nodesUsed = 0
  @usableFromInline var freeNode = EventWheel.none
  @usableFromInline let tails: UnsafeMutablePointer<UInt32>
  @usableFromInline let occupied: UnsafeMutablePointer<UInt64>
  @usableFromInline var occupiedWords: UInt64 = 0
  @usableFromInline var countInWheel = 0
  @usableFromInline var time = 0
  @usableFromInline var beyond = EventHeap()

  /// Makes an empty wheel at tick zero.
  public init() {
    let lists = EventWheel.slots * EventWheel.priorities
    nodeCapacity = 256
    nodes = .allocate(capacity: nodeCapacity)
    tails = .allocate(capacity: lists)
    tails.initialize(repeating: EventWheel.none, count: lists)
    occupied = .allocate(capacity: lists / 64)
    occupied.initialize(repeating: 0, count: lists / 64)
  }

  deinit {
    nodes.deallocate()
    tails.deallocate()
    occupied.deallocate()
  }

  /// The tick of the last event that was popped; nothing can be scheduled before it.
  @inlinable public var now: Cycles { Cycles(time) }

  /// The number of pending events.
  @inlinable public var count: Int { countInWheel + beyond.count }

  @inlinable public var isEmpty: Bool { count == 0 }

  /// The tick of the next event, or nil when none is pending.
  @inlinable public var nextTick: Cycles? {
    let tick = nextTickOrMax
    return tick == Int.max ? nil : Cycles(tick)
  }

  @inlinable var nextTickOrMax: Int {
    countInWheel > 0 ? tick(ofList: nextList) : beyond.leastTick
  }

  /// Adds an event.
  ///
  /// - Precondition: `tick` is not before `now`.
  @inlinable
  public mutating func push(_ event: Event, at tick: Cycles, priority: EventPriority) {
    precondition(tick.count >= time, "an event lies in the past of its clock")
    if tick.count &- time < EventWheel.slots {
      insert(event, at: tick.count, priority: priority.rawValue)
    } else {
      beyond.push(event, tick: tick.count, priority: priority.rawValue)
    }
  }

  /// Removes the next event and moves `now` to its tick; nil when none is pending.
  @inlinable
  public mutating func pop() -> (tick: Cycles, priority: EventPriority, event: Event)? {
    if isEmpty { return nil }
    let (priority, event) = popNext()
    return (Cycles(time), EventPriority(rawValue: priority) ?? .statistics, event)
  }

  /// Moves `now` forward to `tick`, or to the next event when that is earlier, so that the window
  /// follows a clock that has had nothing to do.
  @inlinable
  public mutating func advance(to tick: Cycles) {
    let next = nextTickOrMax
    let target = tick.count < next ? tick.count : next
    if target > time { move(to: target) }
  }

  @inlinable
  mutating func popNext() -> (priority: UInt8, event: Event) {
    if countInWheel == 0 { move(to: beyond.leastTick) }
    let list = nextList
    let tick = tick(ofList: list)
    if tick != time { move(to: tick) }
    let tail = tails[list]
    let head = nodes[Int(tail)].next
    let event = nodes[Int(head)].event
    if head == tail {
      let word = list &>> 6
      occupied[word] &= ~(1 &<< UInt64(list & 63))
      if occupied[word] == 0 { occupiedWords &= ~(1 &<< UInt64(word)) }
    } else {
      nodes[Int(tail)].next = nodes[Int(head)].next
    }
    nodes[Int(head)].next = freeNode
    freeNode = head
    countInWheel &-= 1
    return (UInt8(truncatingIfNeeded: list & 3), event)
  }

  /// Whether an event is pending at the current tick.
  @inlinable var hasEventNow: Bool {
    let list = (time & 1023) &<< 2
    return occupied[list &>> 6] &>> UInt64(list & 63) & 0xF != 0
  }

  /// The first occupied list in circular order from the current slot.
  @inlinable var nextList: Int {
    let start = (time & 1023) &<< 2
    let word = start &>> 6
    let here = occupied[word] & (~0 &<< UInt64(start & 63))
    if here != 0 { return word &<< 6 | here.trailingZeroBitCount }
    let above = occupiedWords & (~1 &<< UInt64(word))
    let next = (above != 0 ? above : occupiedWords).trailingZeroBitCount
    return next &<< 6 | occupied[next].trailingZeroBitCount
  }

  @inlinable
  func tick(ofList list: Int) -> Int { time &+ ((list &>> 2) &- time) & 1023 }

  @inlinable
  mutating func insert(_ event: Event, at tick: Int, priority: UInt8) {
    let list = (tick & 1023) &<< 2 | Int(priority)
    let node: UInt32
    if freeNode != EventWheel.none {
      node = freeNode
      freeNode = nodes[Int(node)].next
    } else {
      if nodesUsed == nodeCapacity { growPool() }
      node = UInt32(truncatingIfNeeded: nodesUsed)
      nodesUsed &+= 1
    }
    let word = list &>> 6
    let bit = 1 &<< UInt64(list & 63)
    if occupied[word] & bit == 0 {
      nodes[Int(node)] = Node(next: node, event: event)
      occupied[word] |= bit
      occupiedWords |= 1 &<< UInt64(word)
    } else {
      let tail = Int(tails[list])
      nodes[Int(node)] = Node(next: nodes[tail].next, event: event)
      nodes[tail].next = node
    }
    tails[list] = node
    countInWheel &+= 1
  }

  /// Moves the window to start at `tick` and takes in the events that it now covers.
  @inlinable
  mutating func move(to tick: Int) {
    time = tick
    if beyond.leastTick &- tick < EventWheel.slots { takeInEvents() }
  }

  @usableFromInline
  mutating func takeInEvents() {
    while beyond.count > 0 && beyond.leastTick &- time < EventWheel.slots {
      let entry = beyond.pop()
      insert(entry.event, at: entry.tick, priority: entry.priority)
    }
  }

  @usableFromInline
  mutating func growPool() {
    precondition(nodeCapacity < Int(UInt32.max) / 2, "2^31 events are pending")
    let larger = UnsafeMutablePointer<Node>.allocate(capacity: nodeCapacity * 2)
    larger.moveInitialize(from: nodes, count: nodesUsed)
    nodes.deallocate()
    nodes = larger
    nodeCapacity *= 2
  }
}
